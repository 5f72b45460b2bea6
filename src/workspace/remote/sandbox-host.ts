import type { MachineState } from "../machines.ts";
import type { RemoteOptions } from "./server/remote-options.ts";

/** A conversation whose sandbox is asked for. */
export interface SandboxedConversation {
  /**
   * Dashed UUID. null for the routes that belong to no conversation, such as `/api/file`, and for what the server reads
   * for all, such as skills.
   */
  readonly id: string | null;
}

/** Sandboxes that a host makes. Every server of a cluster must be given the same ones. */
export interface SandboxHost {
  /**
   * Finds the sandbox of a conversation, or starts it. Called whenever a server opens a workspace, by several servers at
   * the same moment, too: the same conversation always leads to the same sandbox.
   */
  open(conversation: SandboxedConversation): RemoteOptions | Promise<RemoteOptions>;
  /**
   * Says whether a sandbox is there, for `runtime_info`. One that is paused is `missing`, and starts when it is opened;
   * `canResume: false` says that it is gone for good. Default: the server that was opened last is asked.
   */
  look?(conversation: SandboxedConversation): MachineState | Promise<MachineState>;
  /** Removes the sandbox of a conversation that was removed. Default: it stays. */
  remove?(conversation: SandboxedConversation): void | Promise<void>;
}

/** Sandboxes that are there already: one for each conversation, or one for all of them. */
export interface SandboxAddress extends Omit<RemoteOptions, "host"> {
  /**
   * Address of the sandbox. `{conversation_id}` stands for the UUID of the conversation, and for `server` where a request
   * belongs to none; without it, all conversations share one.
   */
  address: string;
}
