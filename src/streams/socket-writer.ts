import type { FeedEnd, FeedReader } from "../events/feeds/feed.ts";
import type { Socket } from "../http/socket.ts";

/** Bytes handed to a socket before its writer waits for the network. */
const HIGH_WATER = 1024 * 1024;
/** Milliseconds between checks of a socket that takes nothing. */
const STALL_CHECK = 100;

/** The most bytes that one UTF-16 code unit takes. */
const MAX_UNIT_BYTES = 3;

const CLOSE_OF_END: Record<FeedEnd, { code: number; reason: string }> = {
  // Clients reconnect after any other code.
  removed: { code: 4004, reason: "Conversation not found" },
  closed: { code: 1001, reason: "Going away" },
};

export interface SocketWriterOptions {
  socket: Socket;
  reader: FeedReader;
  maxLagBytes: number;
  /** Reason with which a socket is closed that lags behind. Default: `Too far behind`. */
  lagReason?: string;
  /** Size of a frame in bytes past which the socket is closed in its place. Default: no bound. */
  maxFrameBytes?: number;
  onMessage(data: string | Uint8Array): void;
}

/**
 * Writes to one socket: first the history it is passed, then the frames of the feed, until either closes. A socket that
 * lags too far behind is closed with 1013: its client can reconnect and ask for what it missed.
 */
export class SocketWriter {
  readonly #socket: Socket;
  readonly #reader: FeedReader;
  readonly #maxLagBytes: number;
  readonly #lagReason: string;
  readonly #maxFrameBytes: number;
  readonly #onMessage: (data: string | Uint8Array) => void;
  #open = true;
  /** True once history has been sent and live frames may be written. */
  #live = false;

  constructor(options: SocketWriterOptions) {
    const { socket, reader, maxLagBytes, onMessage } = options;
    this.#socket = socket;
    this.#reader = reader;
    this.#maxLagBytes = maxLagBytes;
    this.#lagReason = options.lagReason ?? "Too far behind";
    this.#maxFrameBytes = options.maxFrameBytes ?? Number.POSITIVE_INFINITY;
    this.#onMessage = onMessage;
  }

  /**
   * Begins to take messages, those included that came before. Resolves when the socket is closed, whichever side closed
   * it.
   */
  async write(history: AsyncIterable<readonly string[]>): Promise<void> {
    this.#socket.onClose(() => this.#end());
    this.#socket.onMessage((data) => {
      if (this.#open) this.#onMessage(data);
    });
    for await (const page of history) {
      for (const text of page) this.#hand(text);
      if (this.#socket.bufferedAmount >= HIGH_WATER) await this.#room();
      if (!this.#open) return;
    }
    this.#live = true;
    while (this.#open && !this.#reader.ended) {
      this.#drain();
      if (this.#socket.bufferedAmount >= HIGH_WATER) await this.#room();
      await this.#reader.wait();
    }
    this.#closeAtEnd();
  }

  /** Sends a text to this socket alone, ahead of frames that wait in the feed. */
  send(text: string): void {
    if (this.#socket.bufferedAmount > this.#maxLagBytes) this.close(1013, this.#lagReason);
    else this.#hand(text);
  }

  /** Hands over as many waiting frames as the network takes, then closes. */
  close(code: number, reason: string): void {
    if (!this.#open) return;
    if (this.#live) this.#drain();
    this.#end();
    this.#socket.close(code, reason);
  }

  /** Hands over waiting frames until the network is saturated. */
  #drain(): void {
    while (this.#socket.bufferedAmount < HIGH_WATER) {
      const text = this.#reader.take();
      if (text === undefined) return;
      this.#hand(text);
    }
  }

  /** Nothing follows a frame that is too large: a client that resumes would miss it and not know. */
  #hand(text: string): void {
    if (!this.#open) return;
    if (this.#isTooLarge(text)) {
      this.#end();
      this.#socket.close(1013, "frame_too_large");
    } else {
      this.#socket.send(text);
    }
  }

  #isTooLarge(text: string): boolean {
    if (text.length * MAX_UNIT_BYTES <= this.#maxFrameBytes) return false;
    return Buffer.byteLength(text) > this.#maxFrameBytes;
  }

  /** Waits until the network has taken everything, or the socket is closed. */
  async #room(): Promise<void> {
    const check = setInterval(() => {
      if (this.#reader.lagBytes > this.#maxLagBytes) this.close(1013, this.#lagReason);
      else this.#closeAtEnd();
    }, STALL_CHECK);
    await this.#socket.drained();
    clearInterval(check);
  }

  #closeAtEnd(): void {
    const { end } = this.#reader;
    if (end === undefined) return;
    const { code, reason } = CLOSE_OF_END[end];
    this.close(code, reason);
  }

  #end(): void {
    this.#open = false;
    this.#reader.close();
  }
}
