import { asObject } from "../../is-object.ts";
import type { LoggedEvent } from "../../timeline/logged-event.ts";
import type { Server } from "./server.ts";

/** Milliseconds before the first further attempt; each later one waits twice as long, up to the longest. */
const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;

/** Close codes after which a further attempt is of no use. */
const FINAL: Readonly<Record<number, string>> = {
  4001: "the server does not accept the key",
  4004: "the conversation is gone",
};

/** Receivers of what happens in a conversation. */
export interface FeedListener {
  /** The socket is open. `isFirst`: nothing of the past was sent, and nothing from now on is missed. */
  onOpen(isFirst: boolean): void;
  onEvent(event: LoggedEvent): void;
  /** A piece of a reply that is being written. */
  onPiece(piece: string): void;
  /** The pieces so far are void, or stand in an event that follows. */
  onVoid(): void;
  /** The connection is lost. `isFinal`: no further attempt is made. */
  onLost(reason: string, isFinal: boolean): void;
}

/** Follows a conversation over its session socket, from now on. A lost connection goes on where it broke off. */
export class SessionFeed {
  readonly #server: Server;
  readonly #id: string;
  readonly #listener: FeedListener;
  #socket: WebSocket | undefined;
  #timer: number | undefined;
  #cursor: number | undefined;
  #attempts = 0;
  #isClosed = false;

  constructor(server: Server, id: string, listener: FeedListener) {
    this.#server = server;
    this.#id = id;
    this.#listener = listener;
    this.#connect();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #connect(): void {
    const cursor = this.#cursor === undefined ? "" : `?after_seq=${this.#cursor}`;
    const socket = this.#server.socket(`sockets/session/${this.#id}${cursor}`);
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      if (!this.#isClosed) this.#receive(parsed(String(data)));
    });
    socket.addEventListener("close", ({ code, reason }) => this.#lose(code, reason));
  }

  #lose(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#listener.onVoid();
    const final = FINAL[code];
    if (final !== undefined) {
      this.#isClosed = true;
      this.#listener.onLost(final, true);
      return;
    }
    // One that no socket carries; the page does without it.
    if (reason === "frame_too_large" && this.#cursor !== undefined) this.#cursor += 1;
    const wait = Math.min(FIRST_WAIT * 2 ** this.#attempts, LONGEST_WAIT);
    this.#attempts += 1;
    this.#listener.onLost(reason === "" ? "the connection is lost" : reason, false);
    this.#timer = setTimeout(() => this.#connect(), wait);
  }

  #receive(frame: LoggedEvent): void {
    switch (frame.type) {
      case "sync":
        this.#attempts = 0;
        this.#listener.onOpen(this.#cursor === undefined);
        this.#cursor ??= typeof frame.through_seq === "number" ? frame.through_seq : -1;
        return;
      case "durable":
        if (typeof frame.seq === "number") this.#cursor = frame.seq;
        this.#listener.onEvent(asObject(frame.event));
        return;
      case "transient":
        this.#listener.onEvent(asObject(frame.event));
        return;
      case "delta":
        if (frame.kind === "text" && typeof frame.content === "string") this.#listener.onPiece(frame.content);
        return;
      case "item_started":
      case "item_aborted":
        this.#listener.onVoid();
    }
  }
}

function parsed(text: string): LoggedEvent {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return {};
  }
}
