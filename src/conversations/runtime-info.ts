import type { RuntimeInfo } from "../wire/conversation.ts";
import type { MachineState } from "../workspace/machines.ts";

/** The runtime of a conversation whose machine is always there, such as the server's own. */
export const AVAILABLE: RuntimeInfo = Object.freeze({
  runtime_status: "available",
  can_resume: true,
  runtime_error: null,
});

/** The state of a machine, as clients see it. A machine that is missing starts with its next use. */
export function toRuntimeInfo(state: MachineState): RuntimeInfo {
  if (state.status === "available") return AVAILABLE;
  const error = state.status === "error" ? { code: "start_failed", message: state.message } : null;
  return { runtime_status: state.status, can_resume: true, runtime_error: error };
}
