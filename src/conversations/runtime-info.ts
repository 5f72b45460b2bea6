import type { ConversationHeader } from "../stores/store.ts";
import type { RuntimeInfo } from "../wire/conversation.ts";
import type { MachineState } from "../workspace/machines.ts";

/** The runtime of a conversation whose machine is always there, such as the server's own. */
export const AVAILABLE: RuntimeInfo = Object.freeze({
  runtime_status: "available",
  can_resume: true,
  runtime_error: null,
});

/** The machine of a conversation has no living server. It is there again when one is. */
const AWAY: RuntimeInfo = Object.freeze({ ...AVAILABLE, runtime_status: "missing" });
/** The others may count this server as dead: another one may run the conversation by now. */
const LOST: RuntimeInfo = Object.freeze({ ...AVAILABLE, runtime_status: "ownership_lost" });

export interface AroundRuntime {
  /** Default: every machine is there. */
  isMachineThere: ((machine: string) => boolean) | undefined;
  /** Whether a conversation is in memory that this server may have lost. */
  isLost(id: string): boolean;
}

/** The runtime of a conversation that no machine of this server can say more of; undefined for any other. */
export function runtimeElsewhere(
  { id, machine }: Pick<ConversationHeader, "id" | "machine">,
  { isMachineThere, isLost }: AroundRuntime,
): RuntimeInfo | undefined {
  if (machine !== undefined && isMachineThere?.(machine) === false) return AWAY;
  return isLost(id) ? LOST : undefined;
}

/** The state of a machine, as clients see it. A machine that is missing starts with its next use. */
export function toRuntimeInfo(state: MachineState): RuntimeInfo {
  if (state.status === "available") return AVAILABLE;
  const error = state.status === "error" ? { code: "start_failed", message: state.message } : null;
  const canResume = state.status !== "missing" || (state.canResume ?? true);
  return { runtime_status: state.status, can_resume: canResume, runtime_error: error };
}
