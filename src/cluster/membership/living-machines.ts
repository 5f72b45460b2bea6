import type { Ownership } from "../../stores/ownership.ts";

/** Milliseconds between two looks. */
const PERIOD = 2_000;

export interface LivingMachinesOptions {
  ownership: Pick<Ownership, "nodes">;
  /** The machine of this server. */
  own: string | undefined;
}

/** The machines of which a node lives, as far as this server has seen. */
export class LivingMachines {
  readonly #options: LivingMachinesOptions;
  /** undefined before the first look. */
  #living: ReadonlySet<string> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: LivingMachinesOptions) {
    this.#options = options;
  }

  /** Whether a node of the machine lives. Before the first look, every machine is there. */
  has(machine: string): boolean {
    return machine === this.#options.own || this.#living?.has(machine) !== false;
  }

  start(): void {
    void this.#look();
    this.#timer = setInterval(() => void this.#look(), PERIOD);
    this.#timer.unref?.();
  }

  end(): void {
    clearInterval(this.#timer);
  }

  /** While the store does not answer, what was seen last counts. */
  async #look(): Promise<void> {
    const nodes = await this.#options.ownership.nodes().catch(() => undefined);
    if (nodes === undefined) return;
    this.#living = new Set(nodes.flatMap(({ machine }) => machine ?? []));
  }
}
