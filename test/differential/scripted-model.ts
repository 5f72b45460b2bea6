import { createServer, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { pageAt } from "./scenarios/tools/pages.ts";

export interface ScriptedCall {
  name: string;
  /** JSON text as it is, to send malformed arguments. */
  args: object | string;
}

/** One answer of the model. */
export interface Step {
  text?: string;
  reasoning?: string;
  calls?: ScriptedCall[];
  /** Answers with this status instead. */
  error?: { status: number; message: string };
  delayMs?: number;
  finishReason?: string;
  /** Ids that begin anew with every reply, as some models give them. */
  sameIds?: boolean;
  /** Leaves out the number of tokens, so that both servers count themselves. */
  uncounted?: boolean;
  /** The class of service, which the reference expects in the replies of some providers. */
  serviceTier?: string;
  /** The whole body, for replies that are no replies. */
  raw?: object;
}

export interface ScriptedModel {
  /** `base_url` of a script of its own; the last step repeats. */
  load(name: string, steps: readonly Step[]): string;
  /** The bodies of the requests that a script was asked with. */
  asked(name: string): readonly unknown[];
  /** The same requests with their paths and headers. */
  requests(name: string): readonly ModelRequest[];
  /** An address whose answer is the text `looked-up-value`. */
  readonly secretUrl: string;
  /** The address of pages for browsers, without a slash at its end. */
  readonly pagesUrl: string;
  close(): void;
}

/** A request as a model got it. */
export interface ModelRequest {
  /** Below the address of the script. */
  path: string;
  headers: Readonly<Record<string, unknown>>;
  body: unknown;
}

/** A model on loopback that both servers talk to, in the protocols of OpenAI and Anthropic. */
export async function startScriptedModel(): Promise<ScriptedModel> {
  const scripts = new Map<string, { steps: readonly Step[]; next: number; asked: ModelRequest[] }>();
  const server = createServer(async (request, response) => {
    const body = await text(request);
    if (request.url === "/secret") return void response.end("looked-up-value");
    const page = request.method === "GET" ? pageAt(request.url ?? "") : undefined;
    if (page !== undefined) {
      return void response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page);
    }
    // A proxy is asked what it knows of its models: nothing.
    if (request.method !== "POST") return void response.writeHead(404).end();
    const script = scripts.get(request.url?.split("/")[1] ?? "");
    const index = script?.next ?? 0;
    if (script) script.next += 1;
    const path = request.url?.replace(/^\/[^/]+/, "") ?? "";
    const asked: { stream?: boolean } = JSON.parse(body);
    script?.asked.push({ path, headers: request.headers, body: asked });
    const step = script?.steps[index] ?? script?.steps.at(-1) ?? {};
    answer({ response, step, index, path, isStreamed: asked.stream === true });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  return {
    secretUrl: `http://127.0.0.1:${port}/secret`,
    pagesUrl: `http://127.0.0.1:${port}/pages`,
    load(name, steps) {
      scripts.set(name, { steps, next: 0, asked: [] });
      return `http://127.0.0.1:${port}/${name}/v1`;
    },
    asked: (name) => (scripts.get(name)?.asked ?? []).map(({ body }) => body),
    requests: (name) => scripts.get(name)?.asked ?? [],
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

interface Answer {
  response: ServerResponse;
  step: Step;
  index: number;
  /** The path of the request, which tells the protocol. */
  path: string;
  /** Whether the reply comes word by word, in OpenAI's older protocol. */
  isStreamed: boolean;
}

function answer({ response, step, index, path, isStreamed }: Answer): void {
  setTimeout(() => {
    const status = step.error?.status ?? 200;
    if (isStreamed && status === 200 && path.endsWith("/chat/completions")) {
      response.writeHead(200, { "content-type": "text/event-stream" });
      return void response.end(streamOf(step, index));
    }
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(bodyOf(step, index, path)));
  }, step.delayMs ?? 0);
}

function bodyOf(step: Step, index: number, path: string): object {
  if (step.error) return { error: { message: step.error.message, type: "error" } };
  if (step.raw) return step.raw;
  if (path.endsWith("/messages")) return claudeMessage(step, index);
  return path.endsWith("/responses") ? openAiResponse(step, index) : completion(step, index);
}

/** A reply word by word: reasoning, text, calls, tokens. */
function streamOf(step: Step, index: number): string {
  const { choices, usage, ...whole } = completion(step, index) as Completion;
  const [choice] = choices;
  const { reasoning_content: reasoning, content, tool_calls: calls } = choice?.message ?? {};
  const words = (text: string | null | undefined) => text?.match(/\s*\S+/g) ?? [];
  const deltas = [
    ...words(reasoning).map((word) => ({ reasoning_content: word })),
    ...words(content).map((word) => ({ content: word })),
    ...(calls ?? []).map((call, place) => ({ tool_calls: [{ index: place, ...call }] })),
  ];
  const chunk = (rest: object) => ({ ...whole, object: "chat.completion.chunk", ...rest });
  const chunks = [
    ...deltas.map((delta) => chunk({ choices: [{ index: 0, delta, finish_reason: null }] })),
    chunk({ choices: [{ index: 0, delta: {}, finish_reason: choice?.finish_reason }] }),
    chunk({ choices: [], usage }),
  ];
  return [...chunks.map((one) => JSON.stringify(one)), "[DONE]"].map((data) => `data: ${data}\n\n`).join("");
}

interface Completion {
  choices: {
    message: { content?: string | null; reasoning_content?: string; tool_calls?: object[] };
    finish_reason: string;
  }[];
  usage?: object;
}

/** A reply in Anthropic's protocol. */
function claudeMessage(step: Step, index: number): object {
  const calls = (step.calls ?? []).map(({ name, args }, place) => ({
    type: "tool_use",
    id: `toolu_${index}_${place}`,
    name,
    input: args,
  }));
  return {
    id: `reply-${index}`,
    type: "message",
    role: "assistant",
    model: "scripted",
    content: [...(step.text ? [{ type: "text", text: step.text }] : []), ...calls],
    stop_reason: calls.length > 0 ? "tool_use" : "end_turn",
    stop_sequence: null,
    usage: { input_tokens: 10, output_tokens: 5 },
  };
}

/** A reply in OpenAI's newer protocol. */
function openAiResponse(step: Step, index: number): object {
  const calls = (step.calls ?? []).map(({ name, args }, place) => ({
    type: "function_call",
    id: `fc_${index}_${place}`,
    call_id: `call_${index}_${place}`,
    name,
    arguments: typeof args === "string" ? args : JSON.stringify(args),
    status: "completed",
  }));
  const content = [{ type: "output_text", text: step.text ?? "", annotations: [] }];
  const message = { type: "message", id: `msg_${index}`, role: "assistant", status: "completed", content };
  return {
    id: `reply-${index}`,
    object: "response",
    created_at: 1,
    status: "completed",
    model: "scripted",
    output: [...(step.text ? [message] : []), ...calls],
    parallel_tool_calls: true,
    tool_choice: "auto",
    tools: [],
    usage: {
      input_tokens: 10,
      output_tokens: 5,
      total_tokens: 15,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens_details: { reasoning_tokens: 0 },
    },
  };
}

function completion(step: Step, count: number): object {
  const index = step.sameIds ? 0 : count;
  const calls = step.calls?.map(({ name, args }, place) => ({
    id: `call_${index}_${place}`,
    type: "function",
    function: { name, arguments: typeof args === "string" ? args : JSON.stringify(args) },
  }));
  const message = {
    role: "assistant",
    content: step.text ?? null,
    reasoning_content: step.reasoning,
    tool_calls: calls,
  };
  return {
    id: `reply-${index}`,
    object: "chat.completion",
    created: 1,
    model: "scripted",
    service_tier: step.serviceTier,
    choices: [{ index: 0, message, finish_reason: step.finishReason ?? (calls ? "tool_calls" : "stop") }],
    ...(!step.uncounted && { usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } }),
  };
}
