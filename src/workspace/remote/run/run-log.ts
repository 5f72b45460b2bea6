import { messageOf } from "../../../errors.ts";
import { lost } from "../server/remote-failure.ts";
import type { ResolvedRemote } from "../server/remote-options.ts";
import { type RemoteServer, textPieces } from "../server/remote-server.ts";
import { type Frame, FrameParser } from "./frame-parser.ts";
import { FRAME_BYTES, SEGMENT_BYTES, SEGMENTS_AHEAD } from "./runner-script.ts";

/** Bytes that are asked for at a time: the longest file of a log fits. */
const MAX_READ = SEGMENT_BYTES + 2 * FRAME_BYTES;

/** Attempts to begin with a file that the runner does not remove meanwhile. */
const BEGIN_TRIES = 10;
/** Bytes of the file that says where the runner writes. */
const MAX_PLACE = 64;

/** Reads the log that the runner writes, file by file, and tells it what may go. */
export class RunLog {
  readonly #server: RemoteServer;
  readonly #remote: ResolvedRemote;
  readonly #folder: string;
  readonly #parser = new FrameParser(FRAME_BYTES);
  #segment = 0;
  #offset = 0;

  constructor({ server, remote, folder }: { server: RemoteServer; remote: ResolvedRemote; folder: string }) {
    this.#server = server;
    this.#remote = remote;
    this.#folder = folder;
  }

  /**
   * Begins with the oldest file that there is, for a log that another server has read before. False where there were
   * older ones.
   */
  async begin(): Promise<boolean> {
    for (let tries = 0; tries < BEGIN_TRIES; tries += 1) {
      this.#segment = await this.#oldest();
      // From now on no file behind it is removed.
      await this.#acknowledge();
      if ((await this.#oldest()) <= this.#segment) return this.#segment === 0;
    }
    throw lost(this.#remote, "the log of a command cannot be read");
  }

  /** Gives the frames that have come since the last call; none while there is nothing new. */
  async read(signal?: AbortSignal): Promise<Frame[]> {
    const range = { offset: this.#offset, length: MAX_READ };
    const bytes = await this.#server.tail(`${this.#folder}/log.${this.#segment}`, range, {
      signal,
      isLook: true,
    });
    this.#offset += bytes.length;
    const frames = this.#parse(bytes);
    if (frames.some(({ kind }) => kind === "n")) await this.#next(signal);
    return frames;
  }

  #parse(bytes: Uint8Array): Frame[] {
    try {
      return this.#parser.push(bytes);
    } catch (error) {
      throw lost(this.#remote, messageOf(error));
    }
  }

  async #next(signal: AbortSignal | undefined): Promise<void> {
    this.#segment += 1;
    this.#offset = 0;
    await this.#acknowledge(signal);
  }

  #acknowledge(signal?: AbortSignal): Promise<void> {
    return this.#server.upload(`${this.#folder}/ack`, textPieces(`${this.#segment}\n`), {
      signal,
      isLook: true,
    });
  }

  async #oldest(): Promise<number> {
    const bytes = await this.#server.tail(`${this.#folder}/at`, { offset: 0, length: MAX_PLACE });
    const newest = Number.parseInt(Buffer.from(bytes).toString("latin1"), 10) || 0;
    return Math.max(0, newest - SEGMENTS_AHEAD + 1);
  }
}
