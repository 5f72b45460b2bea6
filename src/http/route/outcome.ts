import type { z } from "zod";
import { type Answer, emptyAnswer, jsonAnswer, textAnswer } from "../answer.ts";
import { type ByteOutcome, byteAnswer } from "../content/byte-answer.ts";
import type { BytesSpec } from "../content/bytes.ts";
import type { EventsSpec, WriteEvents } from "../content/event-stream.ts";
import type { EventStreams } from "../content/event-streams.ts";

interface JsonSpec {
  description: string;
  /** Default: no body. */
  body?: z.ZodType;
}

/** The answer of a route with one status: JSON, nothing, `bytes(…)` or `sse(…)`. */
export type ResponseSpec = JsonSpec | BytesSpec | EventsSpec;

type Headers = Record<string, string>;

/** A handler's answer with one declared status. */
type Declared<Status, R> = R extends BytesSpec
  ? { status: Status; bytes: ByteOutcome["bytes"]; headers?: Headers }
  : R extends EventsSpec
    ? { status: Status; events: WriteEvents; headers?: Headers }
    : R extends { body: infer B extends z.ZodType }
      ?
          | { status: Status; body: z.input<B>; headers?: Headers }
          /** Already serialised: pages of stored events go out as they came from the store. */
          | { status: Status; json: string; headers?: Headers }
      : { status: Status; headers?: Headers };

type Responses = Readonly<Record<number, ResponseSpec>>;

/** A handler's answer: a declared status with its body, or any `Response`. */
export type RouteResult<S extends { responses: Responses }> =
  | {
      [Status in keyof S["responses"] & number]: Declared<Status, S["responses"][Status]>;
    }[keyof S["responses"] & number]
  | Response;

/** A handler's answer in untyped form. */
export interface RouteOutcome {
  status: number;
  body?: unknown;
  json?: string;
  bytes?: ByteOutcome["bytes"];
  events?: WriteEvents;
  headers?: Headers;
}

interface OutcomeAnswerOptions {
  request: Request;
  responses: Responses;
  eventStreams: EventStreams;
}

/** Converts a handler's answer into the kind of answer that its status declares. */
export function outcomeAnswer(
  { status, body, json, bytes, events, headers }: RouteOutcome,
  { request, responses, eventStreams }: OutcomeAnswerOptions,
): Answer | Response | Promise<Answer | Response> {
  if (json !== undefined) return textAnswer(status, json, { "content-type": "application/json", ...headers });
  if (bytes !== undefined) return byteAnswer(request, { bytes, headers }, mediaTypeOf(responses[status]));
  if (events !== undefined) return eventStreams.answer(events, headers);
  return body === undefined ? emptyAnswer(status, headers) : jsonAnswer(status, body, headers);
}

function mediaTypeOf(response: ResponseSpec | undefined): string {
  return response !== undefined && "bytes" in response ? response.bytes : "application/octet-stream";
}
