import type { z } from "zod";
import { AgentServerError, type ErrorCode, messageOf } from "../errors.ts";
import { findExcess } from "../http/route/json-syntax.ts";
import { type Content, message } from "../wire/events/message.ts";

/** Maximum number of faults reported for one frame. */
const MAX_FAULTS = 100;

/** The fault of a frame. `code` is the name of the reference's exception. */
export class FrameError extends Error {
  readonly code: string;

  constructor(code: string, detail: string) {
    super(detail);
    this.code = code;
  }
}

/** Reads the user message in a frame. Undefined for an auth frame, which may come at any time and has no message. */
export function readFrame(data: string | Uint8Array): Content[] | undefined {
  const value = parseFrame(data);
  if (value === undefined) return undefined;
  const parsed = message.safeParse(value);
  if (!parsed.success) throw new FrameError("ValidationError", describeFaults(parsed.error, "message"));
  if (parsed.data.role !== "user") {
    throw new FrameError("AssertionError", "Only user messages are allowed to be sent to the agent.");
  }
  return parsed.data.content;
}

/** Reads the JSON in a frame. Undefined for an auth frame. */
export function parseFrame(data: string | Uint8Array): unknown {
  if (typeof data !== "string") throw new FrameError("KeyError", "Frames must be text");
  const value = parse(data);
  return isAuthFrame(value) ? undefined : value;
}

/** The faults of a frame, one in a line. `whole` names the frame itself. */
export function describeFaults(error: z.ZodError, whole: string): string {
  return error.issues
    .slice(0, MAX_FAULTS)
    .map(({ path, message }) => `${path.join(".") || whole}: ${message}`)
    .join("\n");
}

/** Code and detail of a `ServerErrorEvent` for anything thrown. */
export function toFrameError(error: unknown): { code: string; detail: string } {
  if (error instanceof FrameError) return { code: error.code, detail: error.message };
  return { code: codeOf(error), detail: messageOf(error) };
}

/** Names of the reference's exceptions by our error code, where a client may branch on them. */
const EXCEPTIONS: Partial<Record<ErrorCode, string>> = {
  too_many_requests: "ConversationRunLimitExceeded",
  ownership_lost: "ConversationOwnershipLostError",
  binding_required: "CredentialBindingActivationRequired",
};

function codeOf(error: unknown): string {
  if (AgentServerError.is(error)) return EXCEPTIONS[error.code] ?? "Error";
  return error instanceof Error ? error.name : "Error";
}

function parse(text: string): unknown {
  const excess = findExcess(text);
  if (excess !== undefined) throw new FrameError("JSONDecodeError", `${excess.error} at ${excess.position}`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FrameError("JSONDecodeError", messageOf(error));
  }
}

function isAuthFrame(value: unknown): boolean {
  if (typeof value !== "object" || value === null || !("type" in value) || value.type !== "auth")
    return false;
  return Object.keys(value).every((key) => key === "type" || key === "session_api_key");
}
