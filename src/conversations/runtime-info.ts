import type { ConversationHeader } from "../stores/store.ts";
import type { RuntimeInfo } from "../wire/conversation.ts";
import type { MachineState, Machines } from "../workspace/machines.ts";

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

export interface RuntimesOptions extends AroundRuntime {
  /** The machines that stay when workspaces are closed; undefined where all work on that of the server. */
  machines: Machines | undefined;
}

/** The machines of conversations, as clients see them. */
export class Runtimes {
  readonly #options: RuntimesOptions;

  constructor(options: RuntimesOptions) {
    this.#options = options;
  }

  /** The runtime of a conversation as it is known. */
  known(record: Pick<ConversationHeader, "id" | "machine">): RuntimeInfo {
    const { machines } = this.#options;
    const known = () => machines && toRuntimeInfo(machines.stateOf(record.id));
    return runtimeElsewhere(record, this.#options) ?? known() ?? AVAILABLE;
  }

  /** The runtime of a conversation as it is found now. */
  async look(record: Pick<ConversationHeader, "id" | "machine">): Promise<RuntimeInfo> {
    const { machines } = this.#options;
    const elsewhere = runtimeElsewhere(record, this.#options);
    if (elsewhere !== undefined) return elsewhere;
    return machines === undefined ? AVAILABLE : toRuntimeInfo(await machines.look(record.id));
  }

  /** Ends everything on the machine of a conversation, where it shares it with no other. */
  async stop(id: string): Promise<void> {
    await this.#options.machines?.stop(id);
  }
}
