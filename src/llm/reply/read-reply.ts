import { isObject } from "../../is-object.ts";
import { readText } from "../../outbound/plain-response.ts";
import { LlmError } from "../llm-error.ts";
import { failureIn, malformedReply, reportedFailure } from "./reply-fault.ts";
import { readServerSentEvents } from "./server-sent-events.ts";

/** Characters of a malformed reply that an error quotes. */
const QUOTED = 200;

/** A provider's answer. */
export type ReplyBody =
  | { whole: Record<string, unknown>; events?: undefined }
  | { events: ReplyEvents; whole?: undefined };

/** First characters of a stream: those of its fields data, event, id and retry, and of a comment. */
const STREAM_STARTS = /^[deir:]/;
const SPACE = 0x20;
const BYTE_ORDER_MARK: ReadonlySet<number> = new Set([0xef, 0xbb, 0xbf]);

/**
 * Reads an answer as JSON objects: one, or a stream of them up to `[DONE]`. Its first character tells which, because
 * some servers stream unasked, answer a request for a stream with the whole reply, or name the wrong content type.
 *
 * @throws LlmError for a web page or another text, or the failure that the provider reports in its place
 */
export async function readReply(response: Response): Promise<ReplyBody> {
  await refusePage(response);
  const { start, body } = await peek(response);
  const isEventStream = /\bevent-stream\b/i.test(response.headers.get("content-type") ?? "");
  if (STREAM_STARTS.test(start) || (isEventStream && start !== "{")) return { events: new ReplyEvents(body) };
  return { whole: parseReply(await readText(body)) };
}

/** The objects of a stream. Can be read once. */
export class ReplyEvents implements AsyncIterable<Record<string, unknown>> {
  readonly #body: AsyncIterable<Uint8Array>;
  #hasEnded = false;

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#body = body;
  }

  /** Whether the stream ended with `[DONE]`, so that nothing was cut off. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Record<string, unknown>> {
    for await (const data of readServerSentEvents(this.#body)) {
      const text = data.trim();
      this.#hasEnded = text === "[DONE]";
      if (this.#hasEnded) return;
      // Some gateways keep a connection open with it.
      if (text !== "null") yield parseReply(data);
    }
  }
}

interface Peeked {
  /** The first character that is not white space; empty for a blank body. */
  start: string;
  /** The whole body. */
  body: AsyncGenerator<Uint8Array>;
}

async function peek({ body }: Response): Promise<Peeked> {
  const rest: AsyncIterator<Uint8Array> = body === null ? nothing() : body[Symbol.asyncIterator]();
  const read: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await rest.next();
    if (done) return { start: "", body: replay(read, rest) };
    read.push(value);
    const start = value.find((byte) => byte > SPACE && !BYTE_ORDER_MARK.has(byte));
    if (start !== undefined) return { start: String.fromCharCode(start), body: replay(read, rest) };
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

async function* replay(
  read: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* read;
    yield* { [Symbol.asyncIterator]: () => rest };
  } finally {
    // Ends the connection when the reader has seen enough.
    await rest.return?.();
  }
}

/** A wrong `base_url` often leads to the web page of a server. */
async function refusePage({ headers, body }: Response): Promise<void> {
  if (!/\bhtml\b/i.test(headers.get("content-type") ?? "")) return;
  await body?.cancel();
  const message = "the answer is a web page, not a model's reply: check base_url, which often ends in /v1";
  throw new LlmError("LLMBadRequestError", message);
}

function parseReply(text: string): Record<string, unknown> {
  const value = parseJson(text);
  if (!isObject(value)) throw malformedReply(`not a JSON object: ${text.slice(0, QUOTED)}`);
  const failure = failureIn(value);
  if (failure !== null) throw reportedFailure(failure);
  return value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
