import type { HookMoment } from "../../wire/events/events.ts";

/** A moment and the message, call or result that hooks are asked about. */
export interface HookSubject {
  moment: HookMoment;
  /** Name of the tool; absent where the moment is about none. */
  toolName?: string;
  /** Arguments of the call, as the tool reads them. */
  toolInput?: object;
  /** The observation of the tool. */
  toolResponse?: object;
  /** Text of the user's message. */
  message?: string;
  /** Reason of a stop. */
  reason?: string;
}

/** The conversation of a hook. */
export interface HookSession {
  /** Dashed UUID. */
  id: string;
  /** Absolute path on the machine. */
  workingDir: string;
}

/** Makes the input of a hook, in the order and with the nulls of the reference: scripts may look for either. */
export function hookInput(subject: HookSubject, { id, workingDir }: HookSession): object {
  const { moment, toolName, toolInput, toolResponse, message, reason } = subject;
  return {
    event_type: moment,
    tool_name: toolName ?? null,
    tool_input: toolInput ?? null,
    tool_response: toolResponse ?? null,
    message: message ?? null,
    session_id: id,
    working_dir: workingDir,
    metadata: reason === undefined ? {} : { reason },
  };
}

/** The part of the input that its record shows; null for moments that are about nothing. */
export function recordedInput(subject: HookSubject): Record<string, unknown> | null {
  const { toolName, toolInput, toolResponse, message, reason } = subject;
  const shown = {
    ...(toolName !== undefined && { tool_name: toolName, tool_input: toolInput }),
    ...(toolResponse !== undefined && { tool_response: toolResponse }),
    ...(message !== undefined && { message }),
    ...(reason !== undefined && { reason }),
  };
  return Object.keys(shown).length === 0 ? null : shown;
}
