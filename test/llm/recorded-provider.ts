import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { createLlm } from "../../src/llm/create-llm.ts";
import type { Llm, LlmDelta, LlmRequest } from "../../src/llm/llm.ts";
import { silentLogger } from "../../src/logger.ts";
import { llmConfig } from "../../src/wire/agent/llm-config.ts";
import { type Message, text } from "../../src/wire/events/message.ts";

/** One recorded answer of a provider. */
export interface Recorded {
  status?: number;
  headers?: Record<string, string>;
  /** An object is sent as JSON, a string and bytes as they are. */
  body?: unknown;
  /** Server-sent events: data, or `[event, data]`. */
  stream?: readonly (unknown | readonly [string, unknown])[];
  /** Bytes that are sent one after the other. */
  pieces?: readonly Uint8Array[];
  /** Breaks the connection after the stream. */
  cut?: boolean;
  /** Never ends. */
  hang?: boolean;
  /** A text that is sent every few milliseconds, for ever. */
  keepAlive?: string;
}

interface Received {
  path: string;
  headers: Record<string, string | string[] | undefined>;
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever was sent
  body: any;
  /** The body as it was sent. */
  text: string;
}

/** A provider on loopback that gives recorded answers in order. The last answer repeats. */
export async function recordedProvider(...answers: Recorded[]) {
  const requests: Received[] = [];
  const server = createServer(async (request, response) => {
    if (request.method !== "POST") {
      response.writeHead(404).end();
      return;
    }
    let body = "";
    for await (const chunk of request) body += chunk;
    const answer = answers[Math.min(requests.length, answers.length - 1)] ?? {};
    requests.push({ path: request.url ?? "", headers: request.headers, body: JSON.parse(body), text: body });
    send(response, answer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { origin, url: `${origin}/v1`, requests };
}

function send(response: ServerResponse, answer: Recorded): void {
  const { status = 200, headers = {}, body, stream, cut, hang, keepAlive, pieces } = answer;
  if (pieces !== undefined) {
    response.writeHead(status, headers);
    void sendPieces(response, pieces);
    return;
  }
  if (stream === undefined && !hang && keepAlive === undefined) {
    const raw = typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(raw);
    return;
  }
  response.writeHead(status, { "content-type": "text/event-stream", ...headers });
  response.flushHeaders();
  for (const frame of stream ?? []) {
    const [event, data] = Array.isArray(frame) ? frame : [undefined, frame];
    const line = typeof data === "string" ? data : JSON.stringify(data);
    response.write(`${event ? `event: ${event}\n` : ""}data: ${line}\n\n`);
  }
  if (keepAlive !== undefined) {
    const timer = setInterval(() => response.write(keepAlive), 10);
    response.on("close", () => clearInterval(timer));
    return;
  }
  if (hang) return;
  if (cut) setTimeout(() => response.destroy(), 20);
  else response.end();
}

async function sendPieces(response: ServerResponse, pieces: readonly Uint8Array[]): Promise<void> {
  for (const piece of pieces) {
    response.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  response.end();
}

export interface TestModel {
  llm: Llm;
  deltas: LlmDelta[];
  /** Milliseconds of the waits between attempts. */
  waits: number[];
  ask(request?: Partial<LlmRequest>): ReturnType<Llm["complete"]>;
}

/** A model as a server builds it, without real waits. */
export function model(
  config: Record<string, unknown>,
  environment: Record<string, string | undefined> = {},
): TestModel {
  const deltas: LlmDelta[] = [];
  const waits: number[] = [];
  const parsed = llmConfig.parse({ api_key: "test-key", num_retries: 1, ...config });
  const llm = createLlm(parsed, {
    environment,
    logger: silentLogger,
    sleep: async (milliseconds) => {
      waits.push(milliseconds);
    },
  });
  return {
    llm,
    deltas,
    waits,
    ask: (request = {}) =>
      llm.complete({
        messages: [user("Hello")],
        tools: [],
        signal: new AbortController().signal,
        onDelta: (delta) => deltas.push(delta),
        ...request,
      }),
  };
}

export function user(value: string): Message {
  return { role: "user", content: [text(value)] };
}

export function system(...values: string[]): Message {
  return { role: "system", content: values.map(text) };
}

export function assistantCalls(...calls: [id: string, name: string, args: string][]): Message {
  return {
    role: "assistant",
    content: [],
    tool_calls: calls.map(([id, name, args]) => ({ id, name, arguments: args, origin: "completion" })),
  };
}

export function toolResult(id: string, name: string, value: string): Message {
  return { role: "tool", tool_call_id: id, name, content: [text(value)] };
}

export const terminalTool = {
  name: "terminal",
  description: "Runs a command",
  parameters: { type: "object", properties: { command: { type: "string" } }, required: ["command"] },
};
