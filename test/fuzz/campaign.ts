import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createPlace, startServer, stopServer, urlOf } from "../postgres/postgres-server.ts";
import { Fault } from "./fault.ts";
import { attack } from "./hostile/attack.ts";
import { sweepKeys } from "./keys/sweep.ts";
import { playModel } from "./model/play.ts";
import { watchProcesses } from "./processes.ts";
import { runSchemathesis } from "./schema/schemathesis.ts";
import { type Subject, startSubject } from "./subject.ts";

export const STORES = ["sqlite", "postgres"] as const;
export type StoreName = (typeof STORES)[number];

/** The parts of a campaign, in their order. */
export const PARTS = ["hostile", "keys", "schema", "keyless", "model"] as const;
export type Part = (typeof PARTS)[number];

export interface CampaignOptions {
  folder: string;
  minutes: number;
  seed: number;
  store: StoreName;
  parts: readonly Part[];
  /** Rounds of the model. Default: as many as there is time for. */
  rounds?: number | undefined;
  /** The command of schemathesis. */
  schemathesis: string;
  print(line: string): void;
}

/** The share of the time that each part has, of all. That with keys takes what it takes. */
const SHARES: Record<Part, number> = { hostile: 2, keys: 1, schema: 4, keyless: 1, model: 5 };
const KEY = "key-of-the-fuzzer";
/** What a server may hold in memory after an attack. Without one it is below 150. */
const MOST_MIB = 1024;
const GONE_MS = 60_000;

/** Attacks a server in every way, and returns the number of faults. */
export async function runCampaign(options: CampaignOptions): Promise<number> {
  const { parts, minutes, print } = options;
  const all = parts.reduce((sum, part) => sum + SHARES[part], 0);
  await using database = await openStore(options);
  const leftBehind = await watchProcesses();
  let faults = 0;
  const covered: string[] = [];
  for (const part of parts) {
    const seconds = Math.max(10, Math.round((minutes * 60 * SHARES[part]) / all));
    print(`== ${part}, ${seconds} s`);
    const folder = join(options.folder, part);
    await mkdir(folder, { recursive: true });
    const key = part === "keyless" ? undefined : KEY;
    const subject = await startSubject({ folder, key: KEY, store: database.url });
    const report = await runPart(part, { ...options, folder, key, subject, seconds }).catch(asFault);
    const found = [...report.faults, ...(await look(subject, leftBehind))];
    for (const fault of found) print(`FAULT ${fault}`);
    faults += found.length;
    covered.push(`  ${part}: ${report.covered}`);
  }
  print(["covered:", ...covered].join("\n"));
  return faults;
}

/** A fault that ends its part. */
function asFault(error: unknown): PartReport {
  if (error instanceof Fault) return { covered: "not to its end", faults: [error.message] };
  throw error;
}

interface PartReport {
  /** What was tried, in words. */
  covered: string;
  faults: string[];
}

interface PartOptions extends CampaignOptions {
  subject: Subject;
  key: string | undefined;
  seconds: number;
}

async function runPart(part: Part, options: PartOptions): Promise<PartReport> {
  const { subject, seed, seconds, folder, print, key, rounds, schemathesis } = options;
  const { url } = subject;
  const milliseconds = seconds * 1_000;
  switch (part) {
    case "hostile": {
      const { requests, faults } = await attack({ url, key: KEY, folder, seed, milliseconds });
      return { covered: `${requests} hostile connections`, faults };
    }
    case "keys": {
      const { operations, callers, faults } = await sweepKeys({ url, key: KEY });
      return { covered: `each of ${operations} operations with ${callers.join(", ")}`, faults };
    }
    case "schema":
    case "keyless": {
      const report = await runSchemathesis({ command: schemathesis, url, key, folder, seed, seconds });
      print(report.summary);
      const { operations, cases, faults } = report;
      const caller = key === undefined ? "without a key" : "with the key";
      return { covered: `${operations} operations ${caller}, ${cases} requests by their schemas`, faults };
    }
    case "model": {
      const crash = () => subject.crash();
      const report = await playModel({ url, key, folder, seed, milliseconds, rounds, crash });
      const commands = Object.entries(report.commands).map(([name, count]) => `${name} ${count}`);
      return { covered: `${report.rounds} rounds, ${commands.join(", ")}`, faults: report.faults };
    }
  }
}

/** What is wrong with a server after an attack, and with its end. */
async function look(subject: Subject, leftBehind: () => Promise<string[]>): Promise<string[]> {
  const faults: string[] = [];
  const ready = await fetch(`${subject.url}/ready`, { signal: AbortSignal.timeout(GONE_MS) }).catch(String);
  if (typeof ready === "string" || ready.status !== 200) {
    faults.push(`the server is not ready any more: ${typeof ready === "string" ? ready : ready.status}`);
  }
  const mib = await subject.residentMiB();
  if (mib > MOST_MIB) faults.push(`the server holds ${mib.toFixed(0)} MiB`);
  faults.push(...(await subject.stop()));
  faults.push(...subject.alarms().map((line) => `in the log: ${line.slice(0, 2_000)}`));
  for (const end = Date.now() + GONE_MS; ; await new Promise((done) => setTimeout(done, 100))) {
    const left = await leftBehind();
    if (left.length === 0) break;
    if (Date.now() < end) continue;
    faults.push(...left.map((line) => `a process is left: ${line}`));
    break;
  }
  return faults;
}

interface OpenStore {
  url: string | undefined;
  [Symbol.asyncDispose](): Promise<void>;
}

async function openStore({ store, folder }: CampaignOptions): Promise<OpenStore> {
  if (store === "sqlite") return { url: undefined, [Symbol.asyncDispose]: async () => {} };
  const own = join(folder, "postgres");
  await mkdir(own, { recursive: true });
  // The user of the database comes by here.
  await chmod(folder, 0o711);
  const place = await createPlace(own);
  await startServer(place);
  return {
    url: urlOf(place),
    [Symbol.asyncDispose]: () => stopServer(place, "fast"),
  };
}
