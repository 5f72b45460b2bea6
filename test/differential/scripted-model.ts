import { createServer, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

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
  /** The whole body, for replies that are no replies. */
  raw?: object;
}

export interface ScriptedModel {
  /** `base_url` of a script of its own; the last step repeats. */
  load(name: string, steps: readonly Step[]): string;
  /** The bodies of the requests that a script was asked with. */
  asked(name: string): readonly unknown[];
  /** An address whose answer is the text `looked-up-value`. */
  readonly secretUrl: string;
  close(): void;
}

/** An OpenAI-compatible model on loopback that both servers talk to. */
export async function startScriptedModel(): Promise<ScriptedModel> {
  const scripts = new Map<string, { steps: readonly Step[]; next: number; asked: unknown[] }>();
  const server = createServer(async (request, response) => {
    const body = await text(request);
    if (request.url === "/secret") return void response.end("looked-up-value");
    const script = scripts.get(request.url?.split("/")[1] ?? "");
    const index = script?.next ?? 0;
    if (script) script.next += 1;
    script?.asked.push(JSON.parse(body));
    answer({ response, step: script?.steps[index] ?? script?.steps.at(-1) ?? {}, index });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  return {
    secretUrl: `http://127.0.0.1:${port}/secret`,
    load(name, steps) {
      scripts.set(name, { steps, next: 0, asked: [] });
      return `http://127.0.0.1:${port}/${name}/v1`;
    },
    asked: (name) => scripts.get(name)?.asked ?? [],
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
}

function answer({ response, step, index }: Answer): void {
  setTimeout(() => {
    const status = step.error?.status ?? 200;
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(bodyOf(step, index)));
  }, step.delayMs ?? 0);
}

function bodyOf(step: Step, index: number): object {
  if (step.error) return { error: { message: step.error.message, type: "error" } };
  return step.raw ?? completion(step, index);
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
    choices: [{ index: 0, message, finish_reason: step.finishReason ?? (calls ? "tool_calls" : "stop") }],
    ...(!step.uncounted && { usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } }),
  };
}
