import { messageOf } from "../../../errors.ts";
import { lost } from "../server/remote-failure.ts";
import type { ResolvedRemote } from "../server/remote-options.ts";
import { type RemoteServer, textPieces } from "../server/remote-server.ts";
import { type Frame, FrameParser } from "./frame-parser.ts";
import { FRAME_BYTES, SEGMENT_BYTES } from "./runner-script.ts";

/** Bytes that are asked for at a time: the longest file of a log fits. */
const MAX_READ = SEGMENT_BYTES + 2 * FRAME_BYTES;

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

  /** Gives the frames that have come since the last call; none while there is nothing new. */
  async read(signal?: AbortSignal): Promise<Frame[]> {
    const range = { offset: this.#offset, length: MAX_READ };
    const bytes = await this.#server.tail(`${this.#folder}/log.${this.#segment}`, range, { signal });
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
    await this.#server.upload(`${this.#folder}/ack`, textPieces(`${this.#segment}\n`), { signal });
  }
}
