import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { after, calls, say } from "../../../src/testing/scripted-llm/llm-script.ts";
import {
  type ScriptedLlmServer,
  startScriptedLlmServer,
} from "../../../src/testing/scripted-llm/scripted-llm-server.ts";
import { type Follower, follow } from "../harness/follower.ts";
import type { ConversationHistory } from "./history.ts";

/** The part of a conversation's history that its clients know. */
export type Witness = Omit<ConversationHistory, "log" | "status">;

/** Conversations that work without a pause, and clients that follow them and talk to them. */
export interface Workload {
  /** Requests that were not answered with success: the status, undefined without an answer. */
  readonly refused: readonly (number | undefined)[];
  /** Lets every conversation come to its end, and tells what the clients know. */
  finish(): Promise<Witness[]>;
  close(): Promise<void>;
}

export interface WorkloadOptions {
  /** The address of the cluster. */
  url: string;
  conversations: number;
  /** A number from 0 to 1. */
  random(): number;
}

/** Conversations with a second client that follows them. */
const WATCHED_TWICE = 3;
const TOGETHER = 6;
const START_TRIES = 5;
const REQUEST_MS = 30_000;
/** A busy machine takes its time to come to an end. */
const FINISH_MS = 240_000;

export async function startWorkload({ url, conversations, random }: WorkloadOptions): Promise<Workload> {
  const talks: Talk[] = [];
  const refused: (number | undefined)[] = [];
  const model = await startModel(random, () => talks.every(({ isEnding }) => isEnding));
  const close = async () => {
    for (const talk of talks) talk.close();
    await model.close();
  };
  try {
    // A few at a time: the first of a node loads what it needs.
    for (let count = 0; count < conversations; ) {
      const next = Array.from(
        { length: Math.min(TOGETHER, conversations - count) },
        (_, index) => count + index,
      );
      const started = next.map((place) => {
        const followers = place % WATCHED_TWICE === 0 ? 2 : 1;
        return Talk.start(url, { model: model.url, followers, refused });
      });
      talks.push(...(await Promise.all(started)));
      count += next.length;
    }
  } catch (error) {
    await close();
    throw error;
  }
  for (const talk of talks) void talk.chat(random);
  return { refused, finish: () => Promise.all(talks.map((talk) => talk.finish())), close };
}

/** Goes on calling tools, one or two at a time, until the conversations shall end. */
function startModel(random: () => number, isOver: () => boolean): Promise<ScriptedLlmServer> {
  const note = () => ["note", { word: randomUUID() }] as const;
  return startScriptedLlmServer(
    () =>
      isOver()
        ? say("Done.")
        : after(100 + random() * 300, random() < 0.3 ? calls(note(), note()) : calls(note())),
    { record: false },
  );
}

interface TalkOptions {
  /** The address of the model. */
  model: string;
  /** Number of clients that follow. */
  followers: number;
  /** Takes the status of what was refused. */
  refused: (number | undefined)[];
}

class Talk {
  isEnding = false;
  readonly #url: string;
  readonly #id: string;
  readonly #accepted: string[] = [];
  readonly #followers: Follower[];
  readonly #refused: (number | undefined)[];
  readonly #closing = new AbortController();

  private constructor(url: string, id: string, { followers, refused }: TalkOptions) {
    this.#url = url;
    this.#id = id;
    this.#refused = refused;
    this.#followers = Array.from({ length: followers }, () => follow(url, id));
  }

  static async start(url: string, options: TalkOptions): Promise<Talk> {
    const id = randomUUID();
    const request = {
      conversation_id: id,
      agent: {
        llm: {
          model: "openai/scripted",
          api_key: "key",
          base_url: options.model,
          num_retries: 3,
          retry_min_wait: 0,
        },
        tools: [{ name: "note" }],
      },
      workspace: { working_dir: `/tmp/agent-server-chaos/${id}` },
      max_iterations: 100_000,
      stuck_detection: false,
      autotitle: false,
    };
    // The id is ours: a second attempt finds what the first one made.
    for (let tries = 1; ; tries += 1) {
      const status = await ask(`${url}/api/conversations`, request);
      if (status === 200 || status === 201) break;
      if (tries === START_TRIES) throw new Error(`a conversation could not be made: ${status}`);
    }
    const talk = new Talk(url, id, options);
    await talk.#say();
    return talk;
  }

  /** Says something now and then. A conversation that was given up goes on by that, too. */
  async chat(random: () => number): Promise<void> {
    while (!this.isEnding) {
      await sleep(1_000 + random() * 6_000, undefined, { signal: this.#closing.signal }).catch(() => {});
      if (!this.isEnding) await this.#say();
    }
  }

  async finish(): Promise<Witness> {
    this.isEnding = true;
    const deadline = Date.now() + FINISH_MS;
    for (;;) {
      const info = await this.#info();
      if (info?.execution_status === "finished" || Date.now() > deadline) break;
      if (info !== undefined && info.execution_status !== "running") await this.#say();
      await sleep(500);
    }
    const count = await this.#eventCount();
    while (this.#followers.some(({ seen }) => seen.length < count) && Date.now() < deadline) await sleep(100);
    this.close();
    return { id: this.#id, accepted: this.#accepted, seen: this.#followers.map(({ seen }) => [...seen]) };
  }

  close(): void {
    this.isEnding = true;
    this.#closing.abort();
    for (const follower of this.#followers) follower.close();
  }

  async #say(): Promise<void> {
    const text = `Please go on, ${randomUUID()}.`;
    const message = { role: "user", content: [{ type: "text", text }], run: true };
    const status = await ask(`${this.#url}/api/conversations/${this.#id}/events`, message);
    if (status === 200) this.#accepted.push(text);
    else this.#refused.push(status);
  }

  #info() {
    return read<{ execution_status: string }>(`${this.#url}/api/conversations/${this.#id}`);
  }

  async #eventCount(): Promise<number> {
    for (;;) {
      const count = await read<number>(`${this.#url}/api/conversations/${this.#id}/events/count`);
      if (count !== undefined) return count;
      await sleep(500);
    }
  }
}

/** The status of the answer; undefined without one. */
async function ask(url: string, body: object): Promise<number | undefined> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(REQUEST_MS),
    });
    await response.body?.cancel();
    return response.status;
  } catch {
    return undefined;
  }
}

async function read<T>(url: string): Promise<T | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_MS) });
    if (response.status === 200) return (await response.json()) as T;
    await response.body?.cancel();
  } catch {
    // Asked again.
  }
}
