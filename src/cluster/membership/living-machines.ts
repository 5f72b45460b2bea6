import type { LivingNode, Ownership } from "../../stores/ownership.ts";

/** Milliseconds between two looks. */
const PERIOD = 2_000;

export interface LivingMachinesOptions {
  ownership: Pick<Ownership, "nodes">;
  /** The machine of this server. */
  own: string | undefined;
}

/**
 * Called with the living nodes when one of those before is not among them, and when nothing is known of those before.
 * Must not throw.
 */
export type Deaths = (living: readonly LivingNode[]) => void;

/** The machines of which a node lives, as far as this server has seen, and the deaths of nodes. */
export class LivingMachines {
  readonly #options: LivingMachinesOptions;
  /** undefined before the first look. */
  #living: ReadonlySet<string> | undefined;
  /** The nodes of the last look; undefined when it failed, since nodes may have come and gone by the next one. */
  #nodes: readonly LivingNode[] | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: LivingMachinesOptions) {
    this.#options = options;
  }

  /** Whether a node of the machine lives. Before the first look, every machine is there. */
  has(machine: string): boolean {
    return machine === this.#options.own || this.#living?.has(machine) !== false;
  }

  start(deaths: Deaths): void {
    void this.#look(deaths);
    this.#timer = setInterval(() => void this.#look(deaths), PERIOD);
    this.#timer.unref?.();
  }

  end(): void {
    clearInterval(this.#timer);
  }

  /** While the store does not answer, what was seen last counts. */
  async #look(deaths: Deaths): Promise<void> {
    const nodes = await this.#options.ownership.nodes().catch(() => undefined);
    const before = this.#nodes;
    this.#nodes = nodes;
    if (nodes === undefined) return;
    this.#living = new Set(nodes.flatMap(({ machine }) => machine ?? []));
    const living = new Set(nodes.map(({ node }) => node));
    if (before === undefined || before.some(({ node }) => !living.has(node))) deaths(nodes);
  }
}
