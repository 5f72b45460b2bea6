import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import { isObject } from "../../is-object.ts";
import { LlmError } from "../../llm/llm-error.ts";
import { codeOf } from "../fail.ts";
import { chatCompletions } from "./formats/chat-completions.ts";
import { messages } from "./formats/messages.ts";
import type { Frame, NumberedReply } from "./formats/reply-format.ts";
import { responses } from "./formats/responses.ts";
import { createScript, type ReplyPart, type Rule, type Steps, upToCut } from "./llm-script.ts";

/** A request to the scripted provider. */
export interface ScriptedServerRequest {
  /** Path of the URL, such as `/v1/chat/completions`. */
  path: string;
  /** Request headers; names are in lower case. */
  headers: Record<string, string | string[] | undefined>;
  /** The parsed JSON body. */
  body: Record<string, unknown> & { messages?: unknown; model?: unknown; stream?: unknown };
}

/** A scripted model behind HTTP. */
export interface ScriptedLlmServer {
  /** Base URL for OpenAI clients, with `/v1`. */
  readonly url: string;
  /** Base URL for Anthropic clients, without a path. */
  readonly origin: string;
  /** All requests, oldest first. Empty with `record: false`. */
  readonly requests: readonly ScriptedServerRequest[];
  /** Throws if steps are left over, or if there was a call beyond the last step. */
  assertDone(): void;
  /** Closes the port and all connections. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Options of a scripted provider. */
export interface ScriptedLlmServerOptions {
  /** Port on 127.0.0.1. Default: any free one. */
  port?: number;
  /** Whether requests are kept. Disable it for long scripts. Default: true. */
  record?: boolean;
  /** Answers to requests that take no step, such as `{ when: isSideRequest, step: say("A title") }`. Default: none. */
  rules?: readonly Rule<ScriptedServerRequest>[];
  /** Continues with the first step after the last. Default: false. */
  repeat?: boolean;
  /** Milliseconds between the pieces of a streamed answer, as from a model that writes slowly. Default: 0. */
  pace?(request: ScriptedServerRequest): number;
}

/** Tells whether a request is a side call, such as one for a title. Calls of the agent's loop always offer tools. */
export function isSideRequest({ body }: ScriptedServerRequest): boolean {
  return !Array.isArray(body.tools) || body.tools.length === 0;
}

/** The forms of providers, each at its path. */
const FORMATS = [chatCompletions, responses, messages];
/** Maximum size of a request in bytes. */
const BODY_LIMIT = 64 * 1024 * 1024;

/**
 * Starts a scripted provider on 127.0.0.1, for tests of whole servers and for clients in other languages. It speaks
 * OpenAI Chat Completions, OpenAI Responses and Anthropic Messages, streamed or not. An `Error` as a step answers with
 * its `status`, or with 500. Calls beyond the last step get a 400 that shows the request.
 *
 * @example
 * ```ts
 * await using provider = await startScriptedLlmServer([say("Hello")]);
 * const config = { model: "openai/gpt-4o", base_url: provider.url, api_key: "none" };
 * ```
 */
export async function startScriptedLlmServer(
  steps: Steps<ScriptedServerRequest>,
  { port = 0, pace, ...options }: ScriptedLlmServerOptions = {},
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
      return sendJson(response, 400, { error: { message: "the body must be a JSON object" } });
    }
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const asked = { path, headers: request.headers, body };
    let played: { number: number; parts: readonly ReplyPart[] };
    try {
      played = await script.next(asked, gone.signal);
    } catch (error) {
      return sendError(response, error);
    }
    const reply: NumberedReply = {
      number: played.number,
      model: String(body.model ?? "scripted"),
      ...upToCut(played.parts),
    };
    if (body.stream === true) {
      const { isCut = false } = reply;
      return sendFrames(response, format.frames(reply), {
        isCut,
        pause: pace?.(asked) ?? 0,
        signal: gone.signal,
      });
    }
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
    if (size > BODY_LIMIT) throw new Error(`the request is larger than ${BODY_LIMIT} bytes`);
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
  // Clients retry 5xx for minutes, which would hide a mistake in the script.
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

/** Sends half of an answer and breaks the connection. */
function breakOff(response: ServerResponse, text: string): void {
  response.writeHead(200, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  response.write(text.slice(0, text.length / 2), () => response.destroy());
}

interface Sending {
  /** Whether the connection breaks after the last frame. */
  isCut: boolean;
  /** Milliseconds before each frame but the first. */
  pause: number;
  /** Aborted when the client is gone. */
  signal: AbortSignal;
}

async function sendFrames(
  response: ServerResponse,
  frames: Iterable<Frame>,
  { isCut, pause, signal }: Sending,
): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  let isFirst = true;
  for (const { event, data } of frames) {
    if (pause > 0 && !isFirst) await setTimeout(pause, undefined, { signal });
    isFirst = false;
    const text = typeof data === "string" ? data : JSON.stringify(data);
    response.write(`${event === undefined ? "" : `event: ${event}\n`}data: ${text}\n\n`);
  }
  // The frames must be sent before the connection breaks.
  if (isCut) response.write(":\n\n", () => response.destroy());
  else response.end();
}
