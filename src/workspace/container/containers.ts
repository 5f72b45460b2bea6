import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { Container, type ContainerPlan, type ContainerState, removal } from "./container.ts";
import { type Engine, saidBy, unavailable } from "./engine.ts";

/** The label of containers by which their server finds them again. */
export const OWNER_LABEL = "agent-server.owner";

/** Characters of an owner in a name. */
const OWNER_LENGTH = 12;

const NAME = /^agent-server-([0-9a-f]{12})-([0-9a-f]{32}|machine)-[0-9a-f]{12}$/;

/** The owner of the containers of the conversations whose data lie in a folder. Absolute path without links. */
export function ownerOf(stateFolder: string): string {
  return createHash("sha256").update(stateFolder).digest("hex").slice(0, OWNER_LENGTH);
}

/** The name of a container. Another way to make it, `form`, gives another name. */
export function nameOf(owner: string, conversation: string, form: unknown): string {
  const hash = createHash("sha256").update(JSON.stringify(form)).digest("hex").slice(0, OWNER_LENGTH);
  return `agent-server-${owner}-${conversation}-${hash}`;
}

export interface SweepOptions {
  owner: string;
  /** The ids among these, in hexadecimal, of conversations that exist. */
  existing(conversations: readonly string[]): Promise<ReadonlySet<string>>;
  /** The file that a living server of a conversation keeps changing. */
  aliveFile(conversation: string): string;
  /** Milliseconds without a change after which its server is taken to be gone. */
  lease: number;
}

/** The containers that this process uses. */
export class Containers {
  readonly #engine: Engine;
  readonly #all = new Map<string, Container>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** The container of a plan. Idle ones that the conversation had with other folders or limits are stopped. */
  get(plan: ContainerPlan): Container {
    for (const other of this.#of(plan.owner, plan.conversation)) {
      if (other.plan.name !== plan.name && !other.isUsed) void other.stop();
    }
    const known = this.#all.get(plan.name);
    if (known !== undefined) return known;
    const container = new Container(plan, this.#engine, () => this.#all.delete(plan.name));
    this.#all.set(plan.name, container);
    return container;
  }

  /** The state of a conversation's container, as far as this process knows it. */
  stateOf(owner: string, conversation: string): ContainerState {
    const states = this.#of(owner, conversation).map(({ state }) => state);
    const rank = (status: ContainerState["status"]) =>
      ["available", "starting", "error", "missing"].indexOf(status);
    return states.sort((a, b) => rank(a.status) - rank(b.status))[0] ?? { status: "missing" };
  }

  /** Whether a container of a conversation runs, as the engine says now. */
  async isRunning(owner: string, conversation: string): Promise<boolean> {
    return (await this.#names(owner, false)).some(
      ({ conversation: candidate }) => candidate === conversation,
    );
  }

  /** Stops the containers of a conversation. */
  async stop(owner: string, conversation: string): Promise<void> {
    await Promise.all(this.#of(owner, conversation).map((container) => container.stop()));
    for (const { name, conversation: found } of await this.#names(owner, false)) {
      if (found === conversation) await this.#engine.run(["kill", "--signal", "KILL", name]);
    }
  }

  /** Removes the containers of a conversation, also those of an earlier process. */
  async remove(owner: string, conversation: string): Promise<void> {
    const ours = this.#of(owner, conversation);
    await Promise.all(ours.map((container) => container.remove()));
    for (const container of ours) this.#all.delete(container.plan.name);
    for (const { name, conversation: found } of await this.#names(owner, true)) {
      if (found === conversation) await this.#engine.run(removal(name));
    }
  }

  /** Removes containers of earlier processes whose conversations are gone. Returns the number of them. */
  async sweep({ owner, existing, aliveFile, lease }: SweepOptions): Promise<number> {
    const left = (await this.#names(owner, true)).filter(({ name }) => !this.#all.has(name));
    const ids = left.map(({ conversation }) => conversation).filter((id) => id !== "machine");
    const kept = ids.length === 0 ? new Set() : await existing(ids);
    let removed = 0;
    for (const { name, conversation } of left) {
      if (conversation === "machine" || kept.has(conversation)) continue;
      // Another server with the same folder but other conversations may use it at this moment.
      if (await isYoung(aliveFile(conversation), lease)) continue;
      await this.#engine.run(removal(name));
      removed += 1;
    }
    return removed;
  }

  /** Stops every container of an owner that this process has used. */
  async close(owner: string): Promise<void> {
    const ours = [...this.#all.values()].filter(({ plan }) => plan.owner === owner);
    await Promise.all(ours.map((container) => container.stop()));
  }

  #of(owner: string, conversation: string): Container[] {
    return [...this.#all.values()].filter(
      ({ plan }) => plan.owner === owner && plan.conversation === conversation,
    );
  }

  /** Containers of an owner, the stopped ones included if `all` is true. */
  async #names(owner: string, all: boolean): Promise<{ name: string; conversation: string }[]> {
    const filter = ["--filter", `label=${OWNER_LABEL}=${owner}`, "--format", "{{.Names}}"];
    const result = await this.#engine.run(["ps", ...(all ? ["--all"] : []), ...filter]);
    if (result.exitCode !== 0) throw unavailable(saidBy(result));
    return result.stdout.split("\n").flatMap((name) => {
      const [, found, conversation] = NAME.exec(name.trim()) ?? [];
      return found === owner && conversation !== undefined ? [{ name: name.trim(), conversation }] : [];
    });
  }
}

async function isYoung(path: string, age: number): Promise<boolean> {
  const status = await stat(path).catch(() => null);
  return status !== null && status.mtimeMs > Date.now() - age;
}
