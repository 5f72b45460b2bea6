import type { McpServerEntry } from "../../../mcp/mcp-host.ts";
import type { ConversationStats } from "../../../wire/metrics.ts";
import type { MachineClaim } from "../../../workspace/machine-claim.ts";
import { RunSlots } from "../../live/runs/run-slots.ts";
import type { AskUser } from "./sub-agent-work.ts";
import type { Worker } from "./worker.ts";

/** Sub-agents of one depth that work at once on a server. */
const CONCURRENT = 64;
/** Further ones that may wait. */
const WAITING = 1_000;
/** Levels of sub-agents below a conversation: each may start others. */
export const MAX_DEPTH = 4;

/** The conversation that a sub-agent works for, while it does. */
export interface Driver {
  /** The claims under which its parent, and those above that, work with the machine. */
  claims(): readonly MachineClaim[];
  /** The MCP servers of the sub-agent: those of its parent. */
  servers(): Readonly<Record<string, McpServerEntry>>;
  /** Cost of the sub-agent in US dollars when the task began. */
  baseCost: number;
  /** Counts a step of the sub-agent. Resolves with the reason against it: a budget that is used up. */
  judgeStep(): Promise<Error | undefined>;
  /** Asks the user about calls of the sub-agent, or of one below it. */
  ask: AskUser;
  /** Takes the figures of the sub-agent over, as they are now. */
  used(stats: ConversationStats): void;
}

export interface DriversOptions {
  /** Does something with the conversation of a sub-agent, which is loaded when it is not in memory. */
  use<T>(id: string, work: (worker: Worker) => Promise<T>): Promise<T>;
  /** Lets the conversation of a sub-agent leave memory, with its shells and connections, if nothing goes on in it. */
  leave(id: string): Promise<void>;
}

/**
 * The sub-agents of a server that are working. A sub-agent runs for its parent alone, so that what it uses counts there
 * and what it asks is answered there.
 */
export class Drivers {
  readonly #drivers = new Map<string, Driver>();
  readonly #slots = new Map<number, RunSlots>();
  readonly use: DriversOptions["use"];
  readonly leave: DriversOptions["leave"];

  constructor({ use, leave }: DriversOptions) {
    this.use = use;
    this.leave = leave;
  }

  /** The parent that a conversation works for now. Undefined for one that works for none. */
  of(id: string): Driver | undefined {
    return this.#drivers.get(id);
  }

  /** Lets a sub-agent work for its parent until the returned function is called. Undefined while it does already. */
  begin(id: string, driver: Driver): (() => void) | undefined {
    if (this.#drivers.has(id)) return undefined;
    this.#drivers.set(id, driver);
    return () => void this.#drivers.delete(id);
  }

  /**
   * The places for runs at a depth. A sub-agent holds its place while it waits for those below it, so each depth has
   * separate places: otherwise they could wait for each other.
   */
  slots(depth: number): RunSlots {
    const known = this.#slots.get(depth);
    if (known !== undefined) return known;
    const slots = new RunSlots({ size: CONCURRENT, queueLength: WAITING });
    this.#slots.set(depth, slots);
    return slots;
  }
}
