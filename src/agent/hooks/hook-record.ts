import type { HookDefinition } from "../../wire/agent/hook-config.ts";
import type { NewEvent } from "../../wire/events/events.ts";
import { type HookSubject, recordedInput } from "./hook-input.ts";
import type { HookResult } from "./hook-result.ts";

/** The record of one run of a hook. */
export type HookRecord = Extract<NewEvent, { kind: "HookExecutionEvent" }>;

/** Characters of a text that are kept, as in the reference. */
const MAX_CHARACTERS = 50_000;
const CUT = "\n<TRUNCATED>";
/** Characters of a prompt that name its hook. */
const NAME_LENGTH = 20;

/** A subject with the id of its event. */
export interface RecordedSubject extends HookSubject {
  actionId?: string;
  messageId?: string;
}

/** Makes the record of a hook. */
export function hookRecord(hook: HookDefinition, result: HookResult, subject: RecordedSubject): HookRecord {
  return {
    kind: "HookExecutionEvent",
    source: "hook",
    hook_event_type: subject.moment,
    hook_command: labelOf(hook),
    tool_name: subject.toolName ?? null,
    success: result.success,
    blocked: result.blocked,
    exit_code: result.exitCode,
    stdout: result.stdout,
    stderr: result.stderr,
    reason: result.reason,
    additional_context: result.additionalContext,
    error: result.error,
    action_id: subject.actionId ?? null,
    message_id: subject.messageId ?? null,
    hook_input: recordedInput(subject),
  };
}

/** The name under which clients show a hook. */
export function labelOf({
  type,
  name,
  command,
  prompt,
  system_prompt: systemPrompt,
}: HookDefinition): string {
  if (command !== "") return command;
  const words = type === "prompt" ? prompt : systemPrompt;
  return `${type}-hook:${name ?? (words?.slice(0, NAME_LENGTH) || type)}`;
}

/** Cuts every text of a value to a length that can be stored and shown. */
export function cutTexts<T>(value: T): T {
  if (typeof value === "string") return cut(value) as T;
  if (Array.isArray(value)) return value.map(cutTexts) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, cutTexts(child)])) as T;
}

function cut(text: string): string {
  return text.length <= MAX_CHARACTERS ? text : text.slice(0, MAX_CHARACTERS - CUT.length) + CUT;
}
