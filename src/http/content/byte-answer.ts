import { type Answer, emptyAnswer, jsonAnswer } from "../answer.ts";
import { type ByteRange, readRange } from "./byte-range.ts";
import type { ByteSource } from "./bytes.ts";
import { isNotModified, isRangeCurrent, type Validators } from "./conditions.ts";
import { exactly } from "./exact-length.ts";

/** Bytes that a handler answers. */
export interface ByteOutcome {
  bytes: ByteSource | Uint8Array<ArrayBuffer>;
  /** Replace those of the source and of the spec. */
  headers?: Record<string, string> | undefined;
}

/** Answers bytes with status 200, or 304, 206 or 416 where the request asks for them. HEAD gets the head alone. */
export async function byteAnswer(
  request: Request,
  { bytes, headers }: ByteOutcome,
  mediaType: string,
): Promise<Answer | Response> {
  const source = bytes instanceof Uint8Array ? sourceOf(bytes) : bytes;
  const validators = validatorsOf(source);
  const { etag, lastModified } = validators;
  const common = {
    "content-type": mediaType,
    "accept-ranges": "bytes",
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { "last-modified": lastModified }),
    ...headers,
  };
  if (isNotModified(request.headers, validators)) return emptyAnswer(304, common);

  const { size } = source;
  const rangesApply = request.method === "GET" && isRangeCurrent(request.headers, validators);
  const range = rangesApply ? readRange(request.headers.get("range"), size) : undefined;
  if (range === "unsatisfiable") return unsatisfiable(size);
  const { start, end } = range ?? { start: 0, end: size };
  const head = {
    status: range === undefined ? 200 : 206,
    headers: {
      ...common,
      "content-length": String(end - start),
      ...(range === undefined ? {} : { "content-range": `bytes ${start}-${end - 1}/${size}` }),
    },
  };
  return new Response(request.method === "HEAD" ? null : await bodyOf(source, { start, end }), head);
}

async function bodyOf(
  source: ByteSource,
  { start, end }: ByteRange,
): Promise<ReadableStream<Uint8Array> | null> {
  return start === end ? null : exactly(end - start, await source.read(start, end));
}

function unsatisfiable(size: number): Answer {
  return jsonAnswer(416, { detail: "Range Not Satisfiable" }, { "content-range": `bytes */${size}` });
}

function validatorsOf({ size, modifiedAt, etag }: ByteSource): Validators {
  if (modifiedAt === undefined) return { etag };
  const made = `"${Math.floor(modifiedAt).toString(16)}-${size.toString(16)}"`;
  return { etag: etag ?? made, lastModified: new Date(modifiedAt).toUTCString() };
}

function sourceOf(bytes: Uint8Array<ArrayBuffer>): ByteSource {
  return { size: bytes.byteLength, read: (start, end) => new Blob([bytes.subarray(start, end)]).stream() };
}
