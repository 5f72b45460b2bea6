/** One thing that goes wrong, from `at` on. All times are milliseconds. */
export type Fault =
  /** A node is killed, and started again after `duration`. */
  | { kind: "kill"; at: number; node: number; duration: number }
  /** A node is stopped, and goes on after `duration`. */
  | { kind: "stop"; at: number; node: number; duration: number }
  /** The connections between a node and the database carry nothing for `duration`, and everything after it. */
  | { kind: "freeze"; at: number; node: number; duration: number }
  /** The connections between a node and the database are cut, and refused for `duration`. */
  | { kind: "cut"; at: number; node: number; duration: number }
  /** A node is told to end, does so at its leisure, and is started again after `duration`. */
  | { kind: "drain"; at: number; node: number; duration: number }
  /** The database ends at once, as in a crash, and is started again after `duration`. */
  | { kind: "database"; at: number; duration: number };

export interface ScheduleOptions {
  seed: number;
  /** Length of the schedule; the last fault is over by then. */
  milliseconds: number;
  nodes: number;
}

/** How often each fault comes, of all. */
const WEIGHTS: Record<Fault["kind"], number> = {
  kill: 4,
  stop: 4,
  freeze: 3,
  cut: 1,
  drain: 2,
  database: 2,
};

const LONGEST: Record<Fault["kind"], number> = {
  kill: 3_000,
  stop: 9_000,
  freeze: 9_000,
  cut: 9_000,
  drain: 2_000,
  database: 3_000,
};

/** The time for a node to start or to drain. It takes part in no other fault then. */
const RECOVERY = 4_000;

/**
 * The faults of a seed, always the same ones. They overlap, but a node has one at a time, and one node is always whole
 * but for the database.
 */
export function schedule({ seed, milliseconds, nodes }: ScheduleOptions): Fault[] {
  const random = generator(seed);
  const busyUntil = new Map<number, number>();
  let databaseBusyUntil = 0;
  const faults: Fault[] = [];
  for (let at = 1_000; ; at += 500 + Math.floor(random() * 2_500)) {
    const kind = choose(random());
    const duration = Math.floor(random() * LONGEST[kind]);
    const until = at + duration + RECOVERY;
    if (at > milliseconds - RECOVERY) return faults;
    if (until > milliseconds) continue;
    if (kind === "database") {
      if (databaseBusyUntil > at) continue;
      databaseBusyUntil = until;
      faults.push({ kind, at, duration });
      continue;
    }
    const free = [...Array(nodes).keys()].filter((node) => (busyUntil.get(node) ?? 0) <= at);
    const node = free[Math.floor(random() * free.length)];
    if (node === undefined || free.length < 2) continue;
    busyUntil.set(node, until);
    faults.push({ kind, at, node, duration });
  }
}

export function describeFault(fault: Fault): string {
  const what = fault.kind === "database" ? "the database" : `node ${fault.node}`;
  return `${(fault.at / 1_000).toFixed(1)} s: ${fault.kind} ${what} for ${fault.duration} ms`;
}

function choose(share: number): Fault["kind"] {
  const entries = Object.entries(WEIGHTS) as [Fault["kind"], number][];
  let left = share * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [kind, weight] of entries) {
    left -= weight;
    if (left < 0) return kind;
  }
  return "kill";
}

/** Numbers from 0 to 1 that depend on the seed alone (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
