import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { startObedientModel } from "../../clients/obedient-model.ts";
import { Fault } from "../fault.ts";
import { besideCommands } from "./beside-commands.ts";
import { checkWorld } from "./checks.ts";
import { Client } from "./client.ts";
import { serverCommands } from "./server-commands.ts";
import { talkCommands } from "./talk-commands.ts";
import { emptyWorld, type Reality, type World } from "./world.ts";

export interface PlayOptions {
  url: string;
  key?: string | undefined;
  folder: string;
  /** The first seed; each further round has the next one. */
  seed: number;
  /** Number of rounds. Default: as many as there is time for, at least one. */
  rounds?: number | undefined;
  /** Commands of the longest sequence. Default: 30. */
  longest?: number;
  /** No round begins later. */
  milliseconds: number;
  /** Kills the server and starts it again. None: the commands that do so are left out. */
  crash?(): Promise<void>;
}

export interface PlayReport {
  rounds: number;
  /** How often each command was given, by its name. */
  commands: Record<string, number>;
  /** What went wrong, and how to see it again. */
  faults: string[];
}

/** Sequences of a round: short ones first, as fast-check makes them. */
const SEQUENCES = 3;

/**
 * Plays sequences of commands, each on a server without conversations, whose answers say what must be there from then
 * on.
 */
export async function playModel(options: PlayOptions): Promise<PlayReport> {
  const { seed, rounds = 100_000, milliseconds } = options;
  await using model = await startObedientModel();
  const report: PlayReport = { rounds: 0, commands: {}, faults: [] };
  const deadline = Date.now() + milliseconds;
  do {
    const number = seed + report.rounds;
    report.rounds += 1;
    const { commands } = report;
    const fault = await playRound({ ...options, seed: number, model: model.url, commands });
    if (fault !== undefined) report.faults.push(`--seed ${number} --rounds 1: ${fault}`);
  } while (report.rounds < rounds && Date.now() < deadline);
  return report;
}

interface RoundOptions extends PlayOptions {
  model: string;
  /** Counts the commands of all rounds. */
  commands: Record<string, number>;
}

/** Returns what went wrong; undefined if nothing did. */
async function playRound({
  url,
  key,
  folder,
  seed,
  model,
  crash,
  longest = 30,
  commands,
}: RoundOptions): Promise<string | undefined> {
  const client = new Client(url, key);
  let words = 0;
  const sequences = fc.commands(
    [...talkCommands(), ...besideCommands(), ...serverCommands(crash !== undefined)],
    { maxCommands: longest, size: "max" },
  );
  const property = fc.asyncProperty(sequences, async (sequence) => {
    const own = await mkdtemp(join(folder, "sequence-"));
    const reality: Reality = {
      ...{ client, model, folder: own },
      crash: crash ?? (() => Promise.resolve()),
      word: () => `word-${++words}`,
    };
    const world = emptyWorld();
    try {
      await fc.asyncModelRun(() => ({ model: world, real: reality }), sequence);
      await checkWorld(reality, world);
    } finally {
      for (const [name, count] of Object.entries(world.commandsRun))
        commands[name] = (commands[name] ?? 0) + count;
      await clear(client, world);
    }
  });
  const details = await fc.check(property, { seed, numRuns: SEQUENCES, endOnFailure: true });
  if (!details.failed) return undefined;
  const { errorInstance, counterexample } = details;
  const text = errorInstance instanceof Fault ? errorInstance.message : (errorInstance as Error)?.stack;
  return `${text}\n    after ${counterexample}`;
}

async function clear(client: Client, { talks, secrets }: World): Promise<void> {
  for (const { id, followers } of talks) {
    for (const follower of followers) follower.close();
    await client.ask("DELETE", `/api/conversations/${id}`).catch(() => undefined);
  }
  for (const name of secrets.keys())
    await client.ask("DELETE", `/api/settings/secrets/${name}`).catch(() => undefined);
}
