import { type Child, startChild } from "../../child.ts";
import type { Figure } from "../../figure.ts";
import { median, range, rounded } from "../../statistics.ts";

/** Sockets, and frames to each of them between two looks whether all have come. */
const LOADS = [
  { sockets: 1, frames: 2_000 },
  { sockets: 20, frames: 400 },
  { sockets: 200, frames: 60 },
];
/** More are refused. */
const SOCKETS_OF_A_CONVERSATION = 50;
const ROUNDS = 5;

/** The kinds of sockets, with the number of frames that greet one. */
export const GREETINGS = { events: 1, session: 2 } as const;

export type SocketKind = keyof typeof GREETINGS;

export const fanOut = fanOutTo("events", "fan-out");
export const sessionFanOut = fanOutTo("session", "session fan-out");

function fanOutTo(socket: SocketKind, name: string): Figure {
  return {
    name,
    bar: ">= 0.8 of raw ws, 1.4 KB events to 1, 20, 200 sockets",
    reference: false,
    async measure({ dist, folder }) {
      const shown: string[] = [];
      const values: Record<string, number> = {};
      let good = true;
      for (const load of LOADS) {
        const conversations = Math.ceil(load.sockets / SOCKETS_OF_A_CONVERSATION);
        const host = await startChild("load/streaming-host.ts", [dist, `${folder}/${load.sockets}`]);
        const raw = await startChild("load/raw/raw-sockets.ts");
        try {
          const ours = await Publisher.start(host, await host.ask({ conversations, socket }), load, socket);
          const bare = await Publisher.start(raw, [await raw.ask({})], load);
          const ratios: number[] = [];
          const rates: number[] = [];
          for (const _ of range(ROUNDS)) {
            const bareRate = await bare.rate();
            const rate = await ours.rate();
            rates.push(rate);
            ratios.push(rate / bareRate);
          }
          await Promise.all([ours.stop(), bare.stop()]);
          const ratio = median(ratios);
          good &&= ratio >= 0.8;
          shown.push(`${load.sockets}: ${ratio.toFixed(2)} (${median(rates).toFixed(0)}/s)`);
          values[`ratio_${load.sockets}`] = rounded(ratio);
          values[`frames_per_s_${load.sockets}`] = rounded(median(rates));
        } finally {
          await Promise.all([host.stop(), raw.stop()]);
        }
      }
      return { shown: shown.join(", "), good, values };
    },
  };
}

interface PublisherOptions {
  sockets: number;
  frames: number;
  kind: SocketKind;
}

/** A process that publishes, and one that has the sockets. */
export class Publisher {
  readonly #host: Child;
  readonly #load: Child;
  readonly #options: PublisherOptions;
  /** The first frames of a socket are a greeting. */
  #frames: number;

  private constructor(host: Child, load: Child, options: PublisherOptions) {
    this.#host = host;
    this.#load = load;
    this.#options = options;
    this.#frames = GREETINGS[options.kind];
  }

  static async start(
    host: Child,
    urls: string[],
    options: { sockets: number; frames: number },
    kind: SocketKind = "events",
  ): Promise<Publisher> {
    const load = await startChild("load/frame-load.ts");
    await load.ask({ urls, sockets: options.sockets });
    const publisher = new Publisher(host, load, { ...options, kind });
    await publisher.rate();
    return publisher;
  }

  /** Frames a second to all sockets together, until every one of them has its frames. */
  async rate(): Promise<number> {
    const { sockets, frames } = this.#options;
    this.#frames += frames;
    const started = performance.now();
    await Promise.all([this.#host.ask({ frames }), this.#load.ask({ frames: this.#frames })]);
    return (sockets * frames * 1_000) / (performance.now() - started);
  }

  /** So many sockets read no more. */
  async stall(count: number): Promise<void> {
    await this.#load.ask({ stall: count });
  }

  stop(): Promise<void> {
    return this.#load.stop();
  }
}
