import type { Follower } from "../../cluster/harness/follower.ts";
import { Fault } from "../fault.ts";
import type { Client } from "./client.ts";

/** What is known of a conversation by the answers of the server so far. */
export interface Talk {
  id: string;
  /** Its folder for work. */
  folder: string;
  /** Messages that the server has taken, each a text that no other has, in their order. */
  taken: string[];
  /** Messages of which no answer came: each is there once, or not at all. */
  unsure: Set<string>;
  /** Ids of the events seen so far. No later look may show others in their place. */
  seen: string[];
  /** undefined: the answer to a change did not come. */
  title: string | null | undefined;
  asksFirst: boolean;
  followers: Follower[];
}

/** What must be at the server, as far as the answers so far have promised it. */
export interface World {
  talks: Talk[];
  /** Ids of conversations that were deleted. */
  gone: string[];
  secrets: Map<string, string>;
  /** Contents of uploaded files by path. */
  files: Map<string, string>;
  /** Commands of clients: what each printed, by its id. */
  commands: Map<string, string>;
  /** The number of steps that the settings allow a run; undefined before it was set. */
  maxIterations: number | undefined;
  /** How often each command was given, by its name. */
  commandsRun: Record<string, number>;
}

export function emptyWorld(): World {
  return {
    talks: [],
    gone: [],
    secrets: new Map(),
    files: new Map(),
    commands: new Map(),
    maxIterations: undefined,
    commandsRun: {},
  };
}

/** What commands act on. */
export interface Reality {
  client: Client;
  /** Base URL of the model. */
  model: string;
  /** A folder of this run. */
  folder: string;
  /** Kills the server and starts it again. */
  crash(): Promise<void>;
  /** A word that was not used before. */
  word(): string;
}

/** The conversation that a number stands for. */
export function pick({ talks }: World, index: number): Talk {
  const talk = talks[index % talks.length];
  if (talk === undefined) throw new Error("there is no conversation");
  return talk;
}

const EVENTUALLY_MS = 60_000;
const POLL_MS = 25;

/** Asks until the answer is not undefined. A fault after a minute. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + EVENTUALLY_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Fault(`${what}: not within ${EVENTUALLY_MS} ms`);
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
}
