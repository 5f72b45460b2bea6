import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isObject } from "../../is-object.ts";
import { LlmError } from "../../llm/llm-error.ts";
import { codeOf } from "../fail.ts";
import { createScript, type ReplyPart, type Rule, type Steps, upToCut } from "./llm-script.ts";
import { FORMATS, type Frame, type NumberedReply } from "./scripted-llm-formats.ts";

/** A request as a provider would get it. */
export interface ScriptedServerRequest {
  path: string;
  headers: Record<string, string | string[] | undefined>;
  /** The parsed JSON. */
  body: Record<string, unknown> & { messages?: unknown; model?: unknown; stream?: unknown };
}

/** A scripted model behind HTTP. */
export interface ScriptedLlmServer {
  /** Base URL with `/v1`, as OpenAI's clients want it. */
  readonly url: string;
  /** Base URL without a path, as Anthropic's clients want it. */
  readonly origin: string;
  readonly requests: readonly ScriptedServerRequest[];
  /** Throws when steps are left over. */
  assertDone(): void;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Where the scripted model listens, and what it answers beside its steps. */
export interface ScriptedLlmServerOptions {
  /** Default: any free one. */
  port?: number;
  /** false for long scripts: requests are not kept. */
  record?: boolean;
  /** Asked before the steps: `{ when: isSideRequest, step: say("A title") }`. */
  rules?: readonly Rule<ScriptedServerRequest>[];
  /** Starts again after the last step. */
  repeat?: boolean;
}

/** Whether a request comes from beside an agent's loop, whose own calls always offer tools. */
export function isSideRequest({ body }: ScriptedServerRequest): boolean {
  return !Array.isArray(body.tools) || body.tools.length === 0;
}

/** Longest request that is read. */
const BODY_LIMIT = 64 * 1024 * 1024;

/**
 * The scripted model as a provider on loopback, for tests of whole servers and of other languages' clients: OpenAI
 * Chat Completions, OpenAI Responses and Anthropic Messages, streamed or not. A step that is an `Error` answers with
 * its `status` (500 without one); a call that nobody scripted with a 400 that shows it.
 */
export async function startScriptedLlmServer(
  steps: Steps<ScriptedServerRequest>,
  { port = 0, ...options }: ScriptedLlmServerOptions = {},
): Promise<ScriptedLlmServer> {
  const script = createScript(steps, {
    ...options,
    show: (request) =>
      JSON.stringify(request.body.messages ?? request.body.input ?? request.body).slice(-2000),
  });
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!response.headersSent) sendJson(response, 500, { error: { message: String(error) } });
      else response.destroy();
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const format = FORMATS.find((candidate) => path.endsWith(candidate.path));
    if (request.method !== "POST" || format === undefined) {
      return sendJson(response, 404, { error: { message: `no such path: ${request.method} ${path}` } });
    }
    const body = parseBody(await readBody(request));
    if (body === undefined) {
      return sendJson(response, 400, { error: { message: "the body is no JSON object" } });
    }
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    let played: { number: number; parts: readonly ReplyPart[] };
    try {
      played = await script.next({ path, headers: request.headers, body }, gone.signal);
    } catch (error) {
      return sendError(response, error);
    }
    const reply: NumberedReply = {
      number: played.number,
      model: String(body.model ?? "scripted"),
      ...upToCut(played.parts),
    };
    if (body.stream === true) return sendFrames(response, format.frames(reply), reply.isCut);
    if (reply.isCut) return breakOff(response, JSON.stringify(format.whole(reply)));
    sendJson(response, 200, format.whole(reply));
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return {
    origin,
    url: `${origin}/v1`,
    requests: script.requests,
    assertDone: () => script.assertDone(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw new Error(`the request is longer than ${BODY_LIMIT} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseBody(text: string): ScriptedServerRequest["body"] | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return isObject(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

function sendError(response: ServerResponse, error: unknown): void {
  const { status, message = String(error) } = error as { status?: number; message?: string };
  const unscripted = message.startsWith("scripted model:");
  // A mistake in a test must not be retried for minutes.
  const answer = status ?? (unscripted ? 400 : 500);
  const code = LlmError.is(error) ? codeOf(error) : "scripted_error";
  const { retryAfter } = error as { retryAfter?: number };
  sendJson(
    response,
    answer,
    { type: "error", error: { type: code, code, message } },
    retryAfter === undefined ? {} : { "retry-after": String(retryAfter) },
  );
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    ...headers,
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

/** Half of the answer, and the end of the connection. */
function breakOff(response: ServerResponse, text: string): void {
  response.writeHead(200, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  response.write(text.slice(0, text.length / 2), () => response.destroy());
}

function sendFrames(response: ServerResponse, frames: Iterable<Frame>, isCut = false): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  for (const { event, data } of frames) {
    const text = typeof data === "string" ? data : JSON.stringify(data);
    response.write(`${event === undefined ? "" : `event: ${event}\n`}data: ${text}\n\n`);
  }
  // What is written must leave first.
  if (isCut) response.write(":\n\n", () => response.destroy());
  else response.end();
}
