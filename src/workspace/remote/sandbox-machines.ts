import { messageOf } from "../../errors.ts";
import type { MachineState, Machines } from "../machines.ts";
import { WorkspaceError } from "../workspace-error.ts";
import type { SandboxHost } from "./sandbox-host.ts";
import { RemoteCalls } from "./server/remote-calls.ts";
import { type RemoteOptions, type ResolvedRemote, resolveRemote } from "./server/remote-options.ts";

/** Milliseconds in which a sandbox shows that it is there. */
const LOOK_PATIENCE = 3_000;
/** Sandboxes of which something is remembered. */
const MAX_KNOWN = 10_000;

/** The sandboxes of conversations, which stay when servers end. */
export class SandboxMachines implements Machines {
  readonly #host: SandboxHost;
  readonly #find: (id: string) => RemoteOptions | undefined;
  /** As they were found last, the oldest first. Those that are not among them are there. */
  readonly #states = new Map<string, MachineState>();
  /** Where they were opened last, the oldest first. */
  readonly #places = new Map<string, RemoteOptions>();

  /** `find` gives the place of a sandbox that needs not be opened for that. Default: where it was opened last. */
  constructor(host: SandboxHost, find?: (id: string) => RemoteOptions) {
    this.#host = host;
    this.#find = find ?? ((id) => this.#places.get(id));
  }

  /** Opens something in the sandbox of a conversation, and notes whether that could be done. */
  async open<T>(id: string | null, work: (remote: ResolvedRemote) => Promise<T>): Promise<T> {
    if (id !== null) this.#note(id, { status: "starting" });
    try {
      const place = await this.#host.open({ id });
      const opened = await work(resolveRemote(place));
      if (id !== null) {
        this.#states.delete(id);
        remember(this.#places, id, place);
      }
      return opened;
    } catch (error) {
      const isLost = WorkspaceError.is(error) && error.code === "ownership_lost";
      const message = messageOf(error);
      if (id !== null) this.#note(id, isLost ? { status: "available" } : { status: "error", message });
      if (WorkspaceError.is(error)) throw error;
      throw new WorkspaceError("unavailable", `There is no sandbox: ${message}`, { cause: error });
    }
  }

  stateOf(conversationId: string): MachineState {
    return this.#states.get(conversationId) ?? { status: "available" };
  }

  async look(conversationId: string): Promise<MachineState> {
    if (this.stateOf(conversationId).status === "starting") return { status: "starting" };
    const state = await this.#look(conversationId);
    this.#note(conversationId, state);
    return state;
  }

  /** Sandboxes are stopped by their host. */
  async stop(): Promise<void> {}

  async remove(conversationId: string): Promise<void> {
    this.#states.delete(conversationId);
    this.#places.delete(conversationId);
    await this.#host.remove?.({ id: conversationId });
  }

  async close(): Promise<void> {}

  async #look(id: string): Promise<MachineState> {
    try {
      if (this.#host.look !== undefined) return await this.#host.look({ id });
      const place = this.#find(id);
      if (place === undefined) return this.stateOf(id);
      const remote = resolveRemote(place);
      const patience = Math.min(remote.patience, LOOK_PATIENCE);
      const calls = new RemoteCalls({ ...remote, patience });
      const response = await calls.send({ method: "GET", path: "/server_info" });
      await response.body?.cancel();
      return { status: response.ok ? "available" : "missing" };
    } catch (error) {
      if (WorkspaceError.is(error)) return { status: "missing" };
      return { status: "error", message: messageOf(error) };
    }
  }

  #note(id: string, state: MachineState): void {
    if (state.status === "available") this.#states.delete(id);
    else remember(this.#states, id, state);
  }
}

/** Puts an entry behind the others. Beyond a bound the oldest goes. */
function remember<T>(entries: Map<string, T>, id: string, entry: T): void {
  entries.delete(id);
  entries.set(id, entry);
  const [oldest] = entries.keys();
  if (entries.size > MAX_KNOWN && oldest !== undefined) entries.delete(oldest);
}
