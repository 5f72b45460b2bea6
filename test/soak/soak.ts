import { availableParallelism, loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { type Child, startChild } from "../bench/child.ts";
import { generator } from "../cluster/chaos/schedule.ts";
import { Client } from "./client.ts";
import type { Disk } from "./disk.ts";
import { Latency } from "./latency.ts";
import { KINDS, live } from "./lives.ts";
import type { Outside } from "./outside.ts";
import { openStore, type SoakStore, type StoreName } from "./store.ts";
import { type Subject, startSubject } from "./subject.ts";
import type { Talk, TalkOptions } from "./talk.ts";
import { Trouble } from "./trouble.ts";
import { emptySeries, type Series } from "./verdict/figures.ts";
import { quantile } from "./verdict/verdict.ts";

export interface SoakOptions {
  minutes: number;
  store: StoreName;
  seed: number;
  /** Conversations at once. */
  workers: number;
  /** The file of the command. None: that of the sources. */
  command: string | undefined;
  /** A folder of the soak itself. */
  beside: string;
  disk: Disk;
  /** Ends the load before its time. */
  signal: AbortSignal;
  print(line: string): void;
}

/** What a server at rest holds. */
export interface Rest {
  resident: number;
  heap: number;
  descriptors: number;
  processes: number;
  resources: number;
}

export interface SoakReport {
  series: Series;
  /** Before the load, with everything warm, and after it. */
  before: Rest;
  after: Rest;
  conversations: number;
  events: number;
  troubles: Record<string, number>;
  faults: string[];
}

/** Conversations that are kept; older ones are deleted. */
const KEPT = 24;
const SAMPLE_MS = 5_000;
const STORE_EVERY = 6;
/** A server comes to rest by then, after its load. */
const REST_MS = 120_000;
const MOST_FAULTS = 50;
const WARM_ROUNDS = 6;
const MIB = 1024 * 1024;

/** Lets a server work for some time while everything around it goes wrong, and returns what was seen. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { seed, disk, beside, print } = options;
  await using store = await openStore(options.store, disk.folder);
  const outside = await startChild("../soak/outside.ts", [String(seed)]);
  try {
    const places = await outside.ask<Outside>({});
    const { receiver, model } = places;
    const { command } = options;
    const subject = await startSubject({ folder: disk.folder, beside, store: store.url, receiver, command });
    const run = new Run({ ...options, storage: store, outside, subject, model });
    try {
      const report = await run.play();
      report.faults.push(...(await subject.stop()));
      return report;
    } finally {
      await subject.stop();
    }
  } finally {
    await outside.stop();
    print("");
  }
}

interface RunOptions extends SoakOptions {
  storage: SoakStore;
  outside: Child;
  subject: Subject;
  model: string;
}

class Run {
  readonly #options: RunOptions;
  readonly #faults: string[] = [];
  readonly #kept: Talk[] = [];
  readonly #series = emptySeries();
  readonly #trouble: Trouble;
  readonly #client: Client;
  readonly #talking: TalkOptions;
  #started = 0;
  #conversations = 0;
  #events = 0;
  #lastLook = 0;
  #samples = 0;

  constructor(options: RunOptions) {
    this.#options = options;
    const { subject, disk, seed, storage, print, model } = options;
    const random = generator(seed);
    this.#trouble = new Trouble({
      folder: disk.folder,
      hasOwnDisk: disk.whyShared === undefined,
      database: storage.place,
      serverPid: subject.pid,
      random: generator(seed + 1),
      print,
    });
    this.#client = new Client({
      url: subject.url,
      mayRefuse: () => this.#trouble.isFelt,
      onFault: (fault) => this.#note(fault),
    });
    this.#talking = { client: this.#client, model, folder: disk.folder, random };
  }

  async play(): Promise<SoakReport> {
    const { print, minutes, outside } = this.#options;
    const { before, killing } = await this.#warmUp();
    print(`warm: ${describe(before)}`);
    this.#started = performance.now();
    const until = this.#started + minutes * 60_000;
    const latency = new Latency(this.#talking, () => this.#trouble.isFelt);
    const sampling = setInterval(() => void this.#sample(latency), SAMPLE_MS);
    const measuring = latency.run().catch((error: unknown) => this.#note(String(error)));
    const inflicting = this.#trouble.inflict();
    await this.#work(until);
    this.#trouble.end();
    latency.end();
    clearInterval(sampling);
    await Promise.all([inflicting, killing, measuring]);
    const { faults: troubles } = await outside.ask<Outside>({});
    const after = await this.#restAfter(before);
    return {
      series: this.#series,
      before,
      after,
      conversations: this.#conversations,
      events: this.#events,
      troubles: { ...this.#trouble.counts, ...named(troubles) },
      faults: this.#faults,
    };
  }

  /** Conversations of each kind, so that all code was used. Returns what the server holds then. */
  async #warmUp(): Promise<{ before: Rest; killing: Promise<void> }> {
    const killing = this.#trouble.killVictims();
    for (let round = 0; round < WARM_ROUNDS; round++)
      await Promise.all(KINDS.map((kind) => this.#live(kind)));
    await this.#clear();
    return { before: await this.#rest(), killing };
  }

  async #work(until: number): Promise<void> {
    const { workers, signal } = this.#options;
    const work = async (first: number) => {
      for (let turn = first; performance.now() < until && !signal.aborted; turn += workers) {
        await this.#live(KINDS[turn % KINDS.length] ?? "talk");
        while (this.#kept.length > KEPT) await this.#kept.shift()?.delete();
      }
    };
    await Promise.all(Array.from({ length: workers }, (_, index) => work(index)));
  }

  async #live(kind: string): Promise<void> {
    try {
      const talk = await live(this.#talking, kind);
      this.#events += await talk.count();
      this.#conversations += 1;
      this.#kept.push(talk);
    } catch (error) {
      this.#note(`${kind}: ${error instanceof Error ? error.message : String(error)}`);
      await sleep(1_000);
    }
  }

  async #clear(): Promise<void> {
    for (const talk of this.#kept.splice(0)) await talk.delete();
  }

  async #sample(latency: Latency): Promise<void> {
    const { subject, print } = this.#options;
    const at = performance.now() - this.#started;
    const see = (name: keyof Series, value: number | undefined) => {
      if (value !== undefined && !Number.isNaN(value)) this.#series[name].push({ at, value });
    };
    try {
      see("resident", subject.residentMiB());
      see("descriptors", subject.descriptors());
      see("processes", subject.processes());
      see("load of the machine", (loadavg()[0] ?? 0) / availableParallelism());
      this.#seeInside(see);
      const { small, appends } = latency.take();
      see("request p50", quantile(small, 0.5));
      see("request p99", quantile(small, 0.99));
      see("append to socket p50", quantile(appends, 0.5));
      see("append to socket p99", quantile(appends, 0.99));
      if (this.#samples++ % STORE_EVERY === 0) await this.#seeStore(see);
    } catch (error) {
      this.#note(`a sample: ${String(error)}`);
    }
    const last = (name: keyof Series) => this.#series[name].at(-1)?.value.toFixed(0) ?? "-";
    print(
      `${(at / 60_000).toFixed(1).padStart(5)} min ${last("resident").padStart(4)} MiB, heap ${last("heap")} MiB, ` +
        `${last("descriptors")} descriptors, ${last("processes")} processes, ${last("request p99")} ms, ` +
        `${last("disk")} MiB stored, ${this.#conversations} conversations, ${this.#faults.length} faults`,
    );
  }

  #seeInside(see: (name: keyof Series, value: number) => void): void {
    const inside = this.#options.subject.inside();
    if (inside === undefined || inside.look === this.#lastLook) return;
    this.#lastLook = inside.look;
    see("heap", inside.heapMiB);
    see("resources", inside.resources);
    if (!this.#trouble.isFelt) see("loop delay p99", inside.delayP99);
  }

  async #seeStore(see: (name: keyof Series, value: number | undefined) => void): Promise<void> {
    const bytes = await this.#options.storage.bytes();
    if (bytes === undefined || this.#trouble.isFelt) return;
    see("disk", bytes / MIB);
    if (this.#kept.length < KEPT) return;
    const counts = await Promise.all(this.#kept.slice(0, KEPT).map((talk) => talk.count().catch(() => 0)));
    see("stored per event", bytes / counts.reduce((sum, count) => sum + count, 0));
  }

  /** What the server holds when everything is deleted, at the latest after two minutes. */
  async #restAfter(before: Rest): Promise<Rest> {
    await this.#clear();
    for (const end = performance.now() + REST_MS; ; ) {
      const rest = await this.#rest();
      if (isBack(before, rest) || performance.now() > end) return rest;
    }
  }

  /** After the next two looks of the server at itself. */
  async #rest(): Promise<Rest> {
    const { subject } = this.#options;
    const first = subject.inside()?.look ?? 0;
    while ((subject.inside()?.look ?? 0) < first + 2) await sleep(200);
    const { heapMiB: heap = Number.NaN, resources = Number.NaN } = subject.inside() ?? {};
    return {
      resident: subject.residentMiB(),
      heap,
      descriptors: subject.descriptors(),
      processes: subject.processes(),
      resources,
    };
  }

  #note(fault: string): void {
    if (this.#faults.length === MOST_FAULTS) return;
    this.#faults.push(fault);
    this.#options.print(`FAULT ${fault}`);
  }
}

/**
 * How much more than before a server may hold, when its load is over. V8 keeps what young objects have once needed,
 * which is up to 134 MiB.
 */
const ALLOWED_REST: Rest = { resident: 180, heap: 10, descriptors: 4, processes: 0, resources: 6 };

/** What a server holds after its load that it should not. */
export function heldBack(before: Rest, after: Rest): string[] {
  return (Object.keys(ALLOWED_REST) as (keyof Rest)[])
    .filter((name) => !(after[name] <= before[name] + ALLOWED_REST[name]))
    .map((name) => `${name}: ${before[name].toFixed(0)} before the load, ${after[name].toFixed(0)} after it`);
}

function isBack(before: Rest, after: Rest): boolean {
  return heldBack(before, after).length === 0;
}

function describe({ resident, heap, descriptors, processes, resources }: Rest): string {
  return (
    `${resident.toFixed(0)} MiB, heap ${heap.toFixed(1)} MiB, ${descriptors} descriptors, ` +
    `${processes} processes, ${resources} resources`
  );
}

function named(faults: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(faults).map(([name, count]) => [`model: ${name}`, count]));
}
