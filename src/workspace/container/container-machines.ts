import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../local/make-folder.ts";
import type { MachineKind, MachineLimits, MachineState, Machines, MachinesHost } from "../machines.ts";
import type { ResolvedContainer } from "./container-options.ts";
import { type Containers, ownerOf } from "./containers.ts";

export interface MachineParts {
  containers: Containers;
  container: Pick<ResolvedContainer, "leaseSeconds" | "requestLimits">;
  /** The file by which a server shows that it uses a container, in the data folder of a conversation. */
  aliveFile: string;
}

const MIB = 1024 ** 2;
/** Bytes below which engines refuse to start a container. */
const LEAST_MEMORY = 6 * MIB;

/** The containers of conversations, as a server cares for them. */
export function containerMachines(parts: MachineParts): MachineKind {
  return {
    runtime: "docker",
    serve: (host) => new ContainerMachines(parts, host),
    fault: (limits) => faultOf(limits, parts.container.requestLimits),
  };
}

function faultOf(
  { memoryBytes, cpus }: MachineLimits,
  most: Required<MachineLimits>,
): ReturnType<MachineKind["fault"]> {
  if (memoryBytes !== undefined && !(memoryBytes >= LEAST_MEMORY && memoryBytes <= most.memoryBytes)) {
    const allowed = `from ${LEAST_MEMORY / MIB} to ${Math.floor(most.memoryBytes / MIB)} MiB`;
    return { name: "memoryBytes", allowed };
  }
  if (cpus !== undefined && !(cpus > 0 && cpus <= most.cpus)) {
    return { name: "cpus", allowed: `up to ${most.cpus}` };
  }
  return undefined;
}

class ContainerMachines implements Machines {
  readonly #parts: MachineParts;
  readonly #host: MachinesHost;
  readonly #ready: Promise<string>;
  readonly #swept: Promise<void>;
  #owner = "";

  constructor(parts: MachineParts, host: MachinesHost) {
    this.#parts = parts;
    this.#host = host;
    this.#ready = this.#findOwner();
    this.#swept = this.#sweep().catch((error: unknown) => host.onError(error));
  }

  stateOf(conversationId: string): MachineState {
    return this.#parts.containers.stateOf(this.#owner, toHex(conversationId));
  }

  async look(conversationId: string): Promise<MachineState> {
    const state = this.stateOf(conversationId);
    if (state.status === "starting") return state;
    const isRunning = await this.#parts.containers.isRunning(await this.#ready, toHex(conversationId));
    if (isRunning) return { status: "available" };
    return state.status === "available" ? { status: "missing" } : state;
  }

  async stop(conversationId: string): Promise<void> {
    await this.#parts.containers.stop(await this.#ready, toHex(conversationId));
  }

  async remove(conversationId: string): Promise<void> {
    await this.#parts.containers.remove(await this.#ready, toHex(conversationId));
  }

  async close(): Promise<void> {
    await this.#swept;
    await this.#parts.containers.close(await this.#ready);
  }

  async #findOwner(): Promise<string> {
    const { stateFolder } = this.#host;
    await makeFolder(stateFolder, 0o700);
    this.#owner = ownerOf(await realpath(stateFolder));
    return this.#owner;
  }

  async #sweep(): Promise<void> {
    const { containers, container, aliveFile } = this.#parts;
    await containers.sweep({
      owner: await this.#ready,
      existing: async (ids) => new Set([...(await this.#host.existing(ids.map(toDashed)))].map(toHex)),
      aliveFile: (conversation) => join(this.#host.stateFolder, conversation, aliveFile),
      lease: container.leaseSeconds * 1000,
    });
  }
}

function toHex(id: string): string {
  return id.replaceAll("-", "");
}

function toDashed(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
