import type { FeedEnd, FeedReader } from "../events/feed.ts";
import type { Socket } from "../http/socket.ts";

/** Bytes handed to a socket before its writer waits for the network. */
const HIGH_WATER = 1024 * 1024;
/** Milliseconds between checks of a socket that takes nothing. */
const STALL_CHECK = 100;

const CLOSE_OF_END: Record<FeedEnd, { code: number; reason: string }> = {
  // Clients reconnect after any other code.
  removed: { code: 4004, reason: "Conversation not found" },
  closed: { code: 1001, reason: "Going away" },
};

export interface SocketWriterOptions {
  socket: Socket;
  reader: FeedReader;
  maxLagBytes: number;
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
  #open = true;
  /** True once history has been sent and live frames may be written. */
  #live = false;

  constructor({ socket, reader, maxLagBytes, onMessage }: SocketWriterOptions) {
    this.#socket = socket;
    this.#reader = reader;
    this.#maxLagBytes = maxLagBytes;
    socket.onMessage((data) => {
      if (this.#open) onMessage(data);
    });
    socket.onClose(() => this.#end());
  }

  /** Resolves when the socket is closed, whichever side closed it. */
  async write(history: AsyncIterable<readonly string[]>): Promise<void> {
    for await (const page of history) {
      for (const text of page) this.#socket.send(text);
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
    if (this.#socket.bufferedAmount > this.#maxLagBytes) this.close(1013, "Too far behind");
    else this.#socket.send(text);
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
      this.#socket.send(text);
    }
  }

  /** Waits until the network has taken everything, or the socket is closed. */
  async #room(): Promise<void> {
    const check = setInterval(() => {
      if (this.#reader.lagBytes > this.#maxLagBytes) this.close(1013, "Too far behind");
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
