import type { NewEvent } from "./events.ts";

/**
 * Whether an event is a record of a hook that is off the branch: the message, call or result that it is about has the
 * same parent. A record that gave a message further text belongs to the branch, as in the reference.
 */
export function isOffBranch(event: NewEvent): boolean {
  if (event.kind !== "HookExecutionEvent") return false;
  switch (event.hook_event_type) {
    case "PreToolUse":
    case "PostToolUse":
      return true;
    case "UserPromptSubmit":
      return !event.additional_context;
    case "SessionStart":
    case "SessionEnd":
    case "Stop":
      return false;
  }
}

/** Parts events into the records of hooks, which stand before what they are about, and the rest. */
export function recordsFirst<E extends NewEvent>(added: readonly E[]): { records: E[]; events: E[] } {
  const isRecord = ({ kind }: NewEvent) => kind === "HookExecutionEvent";
  return { records: added.filter(isRecord), events: added.filter((event) => !isRecord(event)) };
}
