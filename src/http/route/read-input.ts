import type { z } from "zod";
import type { ValidationErrorItem } from "../../wire/validation-error.ts";
import { isUpload, type ReceivedUpload, type ReceiveUpload, type UploadSpec } from "../content/upload.ts";
import { missingFromBody } from "./body-errors.ts";
import { listFields, readQuery } from "./query.ts";
import { type RequestBody, readBody } from "./request-body.ts";
import type { RouteSpec } from "./route.ts";
import { type InputLocation, validate, validationError } from "./validation.ts";

/** The parts of a request that a route declares, validated. */
export interface ReadInput {
  params: unknown;
  query: unknown;
  body: unknown;
  /** The body of an upload, to be left when the handler has settled. */
  upload?: ReceivedUpload;
}

export interface InputReaderOptions {
  /** Largest JSON body in bytes. */
  maxBodyBytes: number;
  receiveUpload: ReceiveUpload | undefined;
}

/** The parts of a request before validation. */
export interface RawInput {
  params: Record<string, string>;
  /** The query without its question mark. */
  search: string;
}

type InputReader = (request: Request, raw: RawInput) => Promise<ReadInput>;

/** Reads and validates what a route declares. Rejects with one 422 that lists the faults of all parts together. */
export function createInputReader(spec: RouteSpec, options: InputReaderOptions): InputReader {
  const lists = spec.query === undefined ? new Set<string>() : listFields(spec.query);
  const checkAddress = ({ params, search }: RawInput, faults: Faults) => ({
    params: faults.check(spec.params, params, "path"),
    query: faults.check(spec.query, spec.query && readQuery(search, lists), "query"),
  });
  const { body } = spec;
  if (isUpload(body)) return uploadReader(body, checkAddress, options.receiveUpload);
  return async (request, raw) => {
    const read = body === undefined ? undefined : await readBody(request, options.maxBodyBytes);
    const faults = new Faults();
    const address = checkAddress(raw, faults);
    const value = read?.kind === "json" ? faults.check(body, read.value, "body") : undefined;
    if (read !== undefined && read.kind !== "json") faults.add(withoutJson(read, spec));
    faults.throwIfAny();
    return { ...address, body: value };
  };
}

type CheckAddress = (raw: RawInput, faults: Faults) => Pick<ReadInput, "params" | "query">;

/** Checks path and query first: a file is not worth receiving for a request that is refused anyway. */
function uploadReader(
  spec: UploadSpec,
  checkAddress: CheckAddress,
  receiveUpload: ReceiveUpload | undefined,
): InputReader {
  if (receiveUpload === undefined) throw new TypeError("A route with an upload needs `receiveUpload`");
  return async (request, raw) => {
    const faults = new Faults();
    const address = checkAddress(raw, faults);
    faults.throwIfAny();
    const upload = await receiveUpload(request, spec);
    return { ...address, body: upload, upload };
  };
}

/** Collects what is wrong with the parts of one request. */
class Faults {
  readonly #items: ValidationErrorItem[] = [];

  add(items: readonly ValidationErrorItem[]): void {
    this.#items.push(...items);
  }

  /** The parsed value; undefined for a part that is not declared or not valid. */
  check(schema: z.ZodType | undefined, input: unknown, location: InputLocation): unknown {
    if (schema === undefined) return undefined;
    const result = validate(schema, input, location);
    if (result.items !== undefined) this.add(result.items);
    return result.value;
  }

  throwIfAny(): void {
    if (this.#items.length > 0) throw validationError(this.#items);
  }
}

/** Does not repeat the body: without a structure nothing shows which part of it is secret. */
function withoutJson(body: Exclude<RequestBody, { kind: "json" }>, spec: RouteSpec): ValidationErrorItem[] {
  if (body.kind === "absent") return spec.bodyOptional === true ? [] : [missingFromBody()];
  const contentType = body.contentType === "" ? "absent" : body.contentType.slice(0, 100);
  const error = `Content-Type should be application/json, and is ${contentType}`;
  const msg = "Input should be a valid dictionary or object to extract fields from";
  return [{ type: "model_attributes_type", loc: ["body"], msg, input: null, ctx: { error } }];
}
