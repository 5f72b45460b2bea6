import { isObject } from "../../is-object.ts";
import { malformedReply, reportedFailure } from "../reply/reply-fault.ts";

/** An event of a stream, with what it carries. */
export interface StreamEvent {
  type: string;
  body: Record<string, unknown>;
}

/** Bytes of the length at the start of a message. */
const PRELUDE = 4;
/** Smallest message: prelude, checksums, nothing else. */
const MIN_MESSAGE = 16;

/** HTTP statuses of the exceptions that a stream may end with. */
const STATUS: Readonly<Record<string, number>> = {
  throttlingException: 429,
  serviceUnavailableException: 503,
  internalServerException: 500,
  modelStreamErrorException: 500,
  modelTimeoutException: 408,
  validationException: 400,
};

/**
 * Reads a stream in AWS's binary format of events. Checksums are checked.
 *
 * @throws Error in the shape of an SDK's error, for an exception that the service reports
 */
export async function* readEventStream(body: AsyncIterable<Uint8Array>): AsyncGenerator<StreamEvent> {
  const { EventStreamCodec } = await import("@smithy/eventstream-codec");
  const codec = new EventStreamCodec(
    (input) => (typeof input === "string" ? input : new TextDecoder().decode(input)),
    (input) => new TextEncoder().encode(input),
  );
  for await (const frame of readFrames(body)) {
    const { headers, body: content } = decode(codec, frame);
    const type = textOf(headers[":event-type"]);
    const carried = parse(content);
    if (textOf(headers[":message-type"]) === "event") yield { type, body: carried };
    else throw exception(headers, carried);
  }
}

type Codec = InstanceType<typeof import("@smithy/eventstream-codec").EventStreamCodec>;
type Headers = ReturnType<Codec["decode"]>["headers"];

function decode(codec: Codec, frame: Uint8Array): ReturnType<Codec["decode"]> {
  try {
    return codec.decode(frame);
  } catch (error) {
    throw malformedReply(`an event of the stream: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Cuts the bytes into messages. The bound of the whole answer bounds each of them. */
async function* readFrames(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    held.push(chunk);
    bytes += chunk.byteLength;
    // Short pieces are joined at once, so that the length is found in the first.
    const [first] = held;
    if (first !== undefined && first.byteLength < PRELUDE && held.length > 1) held = [Buffer.concat(held)];
    if (bytes < lengthOf(held)) continue;
    let rest = Buffer.concat(held);
    for (let length = lengthOf([rest]); length <= rest.byteLength; length = lengthOf([rest])) {
      yield rest.subarray(0, length);
      rest = rest.subarray(length);
    }
    held = [rest];
    bytes = rest.byteLength;
  }
}

/** Length of the message that the bytes begin; infinite where they do not say yet. */
function lengthOf(held: readonly Uint8Array[]): number {
  const [start] = held;
  if (start === undefined || start.byteLength < PRELUDE) return Number.POSITIVE_INFINITY;
  const length = new DataView(start.buffer, start.byteOffset, PRELUDE).getUint32(0);
  if (length < MIN_MESSAGE) throw malformedReply("an event of the stream is too short");
  return length;
}

function exception(headers: Headers, body: Record<string, unknown>): Error {
  const code = textOf(headers[":exception-type"]) || textOf(headers[":error-code"]) || "error";
  const words = body.message ?? textOf(headers[":error-message"]);
  const error = reportedFailure({ message: `${code}: ${words}` });
  return Object.assign(error, { status: STATUS[code] });
}

function textOf(header: Headers[string] | undefined): string {
  return header?.type === "string" ? header.value : "";
}

function parse(content: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(content));
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
