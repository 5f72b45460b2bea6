import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { type Client, Outage } from "./client.ts";
import { Talk, type TalkOptions } from "./talk.ts";

const SMALL_EVERY_MS = 100;
const APPEND_EVERY_MS = 500;
/** Messages to a conversation before it makes room for a new one. */
const MOST_APPENDS = 400;
/** An append whose frame does not come by then is counted with it. */
const LATEST_MS = 60_000;

/** Milliseconds of small things, while a server is under load. */
export class Latency {
  #small: number[] = [];
  #appends: number[] = [];
  readonly #options: TalkOptions;
  readonly #isDisturbed: () => boolean;
  #isEnding = false;

  /** What is measured while `isDisturbed` is left out. */
  constructor(options: TalkOptions, isDisturbed: () => boolean) {
    this.#options = options;
    this.#isDisturbed = isDisturbed;
  }

  /** Resolves when it was ended. */
  async run(): Promise<void> {
    await Promise.all([this.#askSmall(), this.#append()]);
  }

  end(): void {
    this.#isEnding = true;
  }

  /** What was measured since the last time. */
  take(): { small: number[]; appends: number[] } {
    const taken = { small: this.#small, appends: this.#appends };
    [this.#small, this.#appends] = [[], []];
    return taken;
  }

  async #askSmall(): Promise<void> {
    const { client } = this.#options;
    for (; !this.#isEnding; await sleep(SMALL_EVERY_MS)) {
      const ms = await this.#timed(() => client.ask("GET", "/health"));
      if (ms !== undefined) this.#small.push(ms);
    }
  }

  async #append(): Promise<void> {
    const { client } = this.#options;
    while (!this.#isEnding) {
      const talk = await Talk.create(this.#options);
      const socket = new WebSocket(`${client.url.replace("http", "ws")}/sockets/events/${talk.id}`);
      socket.on("error", () => {});
      await once(socket, "open").catch(() => undefined);
      for (let index = 0; index < MOST_APPENDS && !this.#isEnding; index++) {
        const ms = await this.#timed(() => appendAndRead(client, socket, talk.id));
        if (ms !== undefined) this.#appends.push(ms);
        if (socket.readyState !== WebSocket.OPEN) break;
        await sleep(APPEND_EVERY_MS);
      }
      socket.terminate();
      await talk.delete();
    }
  }

  /** undefined if the machine was in trouble before or after. */
  async #timed(work: () => Promise<unknown>): Promise<number | undefined> {
    const wasDisturbed = this.#isDisturbed();
    const started = performance.now();
    try {
      await work();
    } catch (error) {
      if (error instanceof Outage) return undefined;
      throw error;
    }
    return wasDisturbed || this.#isDisturbed() ? undefined : performance.now() - started;
  }
}

/** Resolves when a message has come back as a frame. */
async function appendAndRead(client: Client, socket: WebSocket, id: string): Promise<void> {
  const text = `append ${crypto.randomUUID()}`;
  const controller = new AbortController();
  const arrived = new Promise<void>((done) => {
    const read = (data: unknown) => {
      if (String(data).includes(text)) done();
    };
    socket.on("message", read);
    controller.signal.addEventListener("abort", () => {
      socket.off("message", read);
      done();
    });
  });
  const timer = setTimeout(() => controller.abort(), LATEST_MS);
  try {
    const content = [{ type: "text", text }];
    await client.ask("POST", `/api/conversations/${id}/events`, { role: "user", content, run: false });
    await arrived;
  } finally {
    clearTimeout(timer);
    controller.abort();
  }
}
