import type { z } from "zod";
import { isObject } from "../../is-object.ts";
import { LlmError } from "../llm-error.ts";

/** A reply that does not follow its protocol. Another attempt may bring a good one. */
export function malformedReply(detail: string): LlmError {
  return new LlmError("LLMServiceUnavailableError", `the model's reply is malformed: ${detail}`, {
    retryable: true,
  });
}

/** A reply that ends before it is complete. */
export function unfinishedReply(): LlmError {
  const message = "the model's stream ended before the reply was complete";
  return new LlmError("LLMServiceUnavailableError", message, { retryable: true });
}

/** A reply that the provider ended itself, without a word about the reason. */
export function failedReply(): LlmError {
  const message = "the model's provider ended the reply with an error";
  return new LlmError("LLMServiceUnavailableError", message, { retryable: true });
}

/** A reply without content. */
export function emptyReply(message: string): LlmError {
  return new LlmError("LLMNoResponseError", message, { retryable: true });
}

/** Finds the failure that an answer or an event of status 200 reports; null when it reports none. */
export function failureIn(body: Record<string, unknown>): unknown {
  if (body.error) return body.error;
  if (body.object === "error") return body;
  // Servers behind a gateway report an event of a code and its details.
  const isFailure = typeof body.code === "number" && body.code >= 400 && body.choices === undefined;
  return isFailure ? { message: body.details, ...body } : null;
}

/** A failure that the provider reports inside an answer, in the shape of an SDK's error. */
export function reportedFailure(failure: unknown): Error {
  const { message } = isObject(failure) ? failure : {};
  const words = typeof message === "string" ? message : JSON.stringify(failure);
  return Object.assign(new Error(words), { error: failure });
}

/** Reads the type of an event. A stream has thousands of them, so this is quicker than a schema. */
export function typeOfEvent({ type }: Record<string, unknown>): string {
  if (typeof type !== "string") throw malformedReply("type: not a string");
  return type;
}

/**
 * Checks a part of a reply.
 *
 * @throws LlmError LLMServiceUnavailableError, retryable, that names the first wrong field
 */
export function checkReply<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join(".") || "the reply";
  throw malformedReply(`${field}: ${issue?.message ?? "not as expected"}`);
}
