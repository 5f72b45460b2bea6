import type { AgentServerError } from "../../errors.ts";
import { bodyMalformed, bodyTooLarge } from "./body-errors.ts";
import { findExcess, findJsonFault, type JsonFault } from "./json-syntax.ts";
import { validationError } from "./validation.ts";

const JSON_MEDIA_TYPE = /^application\/(?:[^;\s]+\+)?json\s*(?:;|$)/i;

export type RequestBody =
  /** Nothing was sent, whatever the content type says, or JSON's null. */
  | { kind: "absent" }
  | { kind: "json"; value: unknown }
  /** Something was sent that does not claim to be JSON. */
  | { kind: "other"; contentType: string };

/**
 * Reads a JSON body. Throws 413 once more than `maxBytes` have arrived, 400 for invalid UTF-8 and 422 for malformed
 * JSON.
 */
export async function readBody(request: Request, maxBytes: number): Promise<RequestBody> {
  const bytes = await readBytes(request, maxBytes);
  if (bytes.byteLength === 0) return { kind: "absent" };
  const contentType = request.headers.get("content-type") ?? "";
  if (!JSON_MEDIA_TYPE.test(contentType)) return { kind: "other", contentType };
  const value = parse(decode(bytes));
  return value === null ? { kind: "absent" } : { kind: "json", value };
}

async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw tooLarge(maxBytes);
  if (request.body === null) return new Uint8Array();
  const reader = (request.body as ReadableStream<Uint8Array>).getReader();
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return join(chunks, total);
    total += value.byteLength;
    // The reader is not cancelled: that would cut a Node connection before it can carry the refusal.
    if (total > maxBytes) throw tooLarge(maxBytes);
    chunks.push(value);
  }
}

function join(chunks: readonly Uint8Array[], total: number): Uint8Array {
  const [first] = chunks;
  if (first !== undefined && chunks.length === 1) return first;
  const bytes = new Uint8Array(total);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw bodyMalformed();
  }
}

function parse(text: string): unknown {
  const excess = findExcess(text);
  if (excess !== undefined) throw malformed(excess);
  try {
    return JSON.parse(text, mayNamePrototype(text) ? dropPrototype : undefined);
  } catch {
    throw malformed(findJsonFault(text));
  }
}

/** A key of this name would become the prototype of any object it is copied into. */
function dropPrototype(key: string, value: unknown): unknown {
  return key === "__proto__" ? undefined : value;
}

/** Also true for text that spells the underscore as an escape. */
function mayNamePrototype(text: string): boolean {
  return text.includes("__proto__") || /\\u005f/i.test(text);
}

function malformed({ position, error }: JsonFault): AgentServerError {
  const loc = ["body", position];
  return validationError([
    { type: "json_invalid", loc, msg: "JSON decode error", input: {}, ctx: { error } },
  ]);
}

function tooLarge(maxBytes: number): AgentServerError {
  return bodyTooLarge(`The request body may have at most ${maxBytes} bytes`);
}
