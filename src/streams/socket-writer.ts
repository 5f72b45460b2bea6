import type { FeedReader } from "../events/feed.ts";
import type { Socket } from "../http/socket.ts";

/** Bytes handed to a socket before its writer waits for the network. */
const HIGH_WATER = 1024 * 1024;
/** Milliseconds between looks at how far a reader lags behind that takes nothing. */
const STALL_LOOK = 100;

export interface SocketSessionOptions {
  socket: Socket;
  reader: FeedReader;
  maxLagBytes: number;
  onMessage(data: string | Uint8Array): void;
}

/**
 * Writes to one socket: first what it is given, then what the feed brings. A socket that lags too far behind is
 * closed with 1013: it can come back and ask for what it missed, and until then costs nobody anything.
 */
export class SocketSession {
  readonly #socket: Socket;
  readonly #reader: FeedReader;
  readonly #maxLagBytes: number;
  #open = true;
  /** Past the history: what the feed has may go out in any moment. */
  #live = false;

  constructor({ socket, reader, maxLagBytes, onMessage }: SocketSessionOptions) {
    this.#socket = socket;
    this.#reader = reader;
    this.#maxLagBytes = maxLagBytes;
    socket.onMessage((data) => {
      if (this.#open) onMessage(data);
    });
    socket.onClose(() => this.#end());
  }

  /** Resolves when the socket is closed, whoever closed it. */
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
  }

  /** Past the feed: what concerns this socket alone. */
  send(text: string): void {
    if (this.#socket.bufferedAmount > this.#maxLagBytes) this.close(1013, "Too far behind");
    else this.#socket.send(text);
  }

  /** Hands over what the network will take of what is there, then closes. */
  close(code: number, reason: string): void {
    if (!this.#open) return;
    if (this.#live) this.#drain();
    this.#end();
    this.#socket.close(code, reason);
  }

  /** Hands over what is there in one go; a network that takes less than that makes it stop in between. */
  #drain(): void {
    while (this.#socket.bufferedAmount < HIGH_WATER) {
      const text = this.#reader.take();
      if (text === undefined) return;
      this.#socket.send(text);
    }
  }

  async #room(): Promise<void> {
    const look = setInterval(() => {
      if (this.#reader.lagBytes > this.#maxLagBytes) this.close(1013, "Too far behind");
    }, STALL_LOOK);
    await this.#socket.drained();
    clearInterval(look);
  }

  #end(): void {
    this.#open = false;
    this.#reader.close();
  }
}
