import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type PostgresPlace, startServer, stopServer } from "../postgres/postgres-server.ts";
import { processesIn } from "./processes.ts";

/** A command of agents that ends only when something kills it. */
export const VICTIM = "sleep 86399";

export interface TroubleOptions {
  /** The folder that the server works in. */
  folder: string;
  /** Whether the folder has a disk of its own, which may be filled. */
  hasOwnDisk: boolean;
  /** The database, if the server has one elsewhere. */
  database: PostgresPlace | undefined;
  serverPid: number;
  random(): number;
  print(line: string): void;
}

const KILLS_EVERY_MS = 2_000;
const QUIET_MS = 25_000;
const LASTS_MS = 4_000;
/** What was refused before may be asked again by then, and what waited has been answered. */
const AFTERMATH_MS = 20_000;
const MIB = Buffer.alloc(1024 * 1024);

/** What goes wrong on the machine of a soak, until it is ended. */
export class Trouble {
  /** How often each came. */
  readonly counts: Record<string, number> = {};
  readonly #options: TroubleOptions;
  readonly #ending = new AbortController();
  #isOn = false;
  #last = Number.NEGATIVE_INFINITY;

  constructor(options: TroubleOptions) {
    this.#options = options;
  }

  /** Whether something is wrong, or was a moment ago: requests may be refused then. */
  get isFelt(): boolean {
    return this.#isOn || performance.now() - this.#last < AFTERMATH_MS;
  }

  end(): void {
    this.#ending.abort();
  }

  /** Kills commands of agents until it is ended. */
  async killVictims(): Promise<void> {
    const { folder, serverPid, random } = this.#options;
    while (await this.#pause(KILLS_EVERY_MS)) {
      const victims = processesIn(folder).filter(({ command }) => command === VICTIM);
      for (const { pid, parent } of victims) {
        const takesShell = parent !== serverPid && parent !== 1 && random() < 0.3;
        kill(takesShell ? parent : pid);
        this.#count(takesShell ? "shells killed" : "commands killed");
      }
    }
  }

  /** Fills the disk and crashes the database, from time to time. Resolves when it was ended, and nothing is wrong any more. */
  async inflict(): Promise<void> {
    const { hasOwnDisk, database, random } = this.#options;
    const kinds = [...(hasOwnDisk ? [this.#fillDisk] : []), ...(database ? [this.#crashDatabase] : [])];
    while (kinds.length > 0 && (await this.#pause(QUIET_MS * (0.5 + random())))) {
      const inflict = kinds[Math.floor(random() * kinds.length)];
      this.#isOn = true;
      try {
        await inflict?.call(this);
      } finally {
        this.#isOn = false;
        this.#last = performance.now();
      }
    }
  }

  async #fillDisk(): Promise<void> {
    this.#count("disk full");
    const ballast = join(this.#options.folder, "ballast");
    const file = openSync(ballast, "w");
    try {
      for (const end = performance.now() + LASTS_MS; performance.now() < end; await sleep(20)) fill(file);
    } finally {
      closeSync(file);
      rmSync(ballast);
    }
  }

  async #crashDatabase(): Promise<void> {
    const { database } = this.#options;
    if (database === undefined) return;
    this.#count("database crashed");
    await stopServer(database, "immediate");
    await sleep(LASTS_MS);
    await startServer(database);
  }

  #count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  /** Returns false when it was ended. */
  #pause(ms: number): Promise<boolean> {
    return sleep(ms, true, { signal: this.#ending.signal }).catch(() => false);
  }
}

/** Takes all room that there is, to the last byte. */
function fill(file: number): void {
  for (let size = MIB.length; size >= 1; ) {
    try {
      if (writeSync(file, MIB, 0, size) === 0) size = Math.floor(size / 16);
    } catch {
      size = Math.floor(size / 16);
    }
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
