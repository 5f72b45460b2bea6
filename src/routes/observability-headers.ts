import type { z } from "zod";
import { AgentServerError } from "../errors.ts";
import { redactInput } from "../http/route/redact-input.ts";
import { validate, validationError } from "../http/route/validation.ts";
import { isObject } from "../is-object.ts";
import {
  observabilityMetadata,
  observabilitySpanName,
  observabilityTags,
} from "../wire/conversation-parts.ts";
import type { StartConversationRequest } from "../wire/conversation-request.ts";

/** The fields of a start request that say how the conversation is observed. */
export type Observability = Pick<
  StartConversationRequest,
  | "observability_span_name"
  | "observability_tags"
  | "observability_metadata"
  | "observability_parent_span_context"
>;

const PREFIX = "x-openhands-observability-";

/**
 * Fills in what the body leaves at its default: `X-OpenHands-Observability-Span-Name`, `-Tags` (a comma-separated
 * list), `-Metadata` (JSON, merged below that of the body) and `-Parent-Span-Context`.
 *
 * @throws AgentServerError `unprocessable` for a header that is not valid.
 */
export function withObservability<Request extends Observability>(
  request: Request,
  headers: Headers,
): Request {
  const header = (name: string) => headers.get(PREFIX + name) || undefined;
  const { observability_span_name: spanName, observability_tags: tags } = request;
  return {
    ...request,
    observability_span_name:
      spanName === "conversation" ? checked(observabilitySpanName, header("span-name")) : spanName,
    observability_tags: tags.length === 0 ? checked(observabilityTags, split(header("tags"))) : tags,
    observability_metadata: {
      ...checked(observabilityMetadata, parsed(header("metadata"))),
      ...request.observability_metadata,
    },
    observability_parent_span_context:
      request.observability_parent_span_context ?? header("parent-span-context") ?? null,
  };
}

/** The fields as the headers alone say them. Throws as `withObservability`. */
export function observabilityIn(headers: Headers): Observability {
  const nothing = {
    observability_span_name: "conversation",
    observability_tags: [],
    observability_metadata: {},
    observability_parent_span_context: null,
  };
  return withObservability<Observability>(nothing, headers);
}

function split(list: string | undefined): string[] | undefined {
  return list
    ?.split(",")
    .map((tag) => tag.trim())
    .filter((tag) => tag !== "");
}

function parsed(json: string | undefined): unknown {
  if (json === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(json);
    if (isObject(value)) return value;
    const msg = "Value error, Observability metadata must be a dictionary";
    throw validationError([{ type: "value_error", loc: [], msg, input: redactInput(value) }]);
  } catch (cause) {
    if (AgentServerError.is(cause)) throw cause;
    const detail = "X-OpenHands-Observability-Metadata must be a JSON object";
    throw new AgentServerError("unprocessable", detail, { cause });
  }
}

/** The reference gives no place for faults of these headers. */
function checked<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = validate(schema, value, "header");
  if (result.items !== undefined) throw validationError(result.items.map((item) => ({ ...item, loc: [] })));
  return result.value;
}
