import type { RawData, WebSocket } from "ws";
import { AgentServerError } from "../../errors.ts";
import { asObject } from "../../is-object.ts";
import type { LoggedEvent } from "../../timeline/logged-event.ts";
import type { ServerClient } from "./server-client.ts";

/** An event as a server sends it. */
export type ChatEvent = LoggedEvent;

/** A conversation, and the receiver of what happens in it. */
export interface FeedOptions {
  client: ServerClient;
  conversationId: string;
  /** Called once for each event. */
  onEvent(event: ChatEvent): void;
  /** A piece of a reply that is being written. */
  onPiece(piece: string): void;
  /** The pieces of a reply are void: it is written again, or not at all. */
  onVoid(): void;
  onLost(): void;
  /** The connection is back. Events that were missed follow. */
  onBack(): void;
  /** No further attempt is made. */
  onEnd(reason: string): void;
}

/** Milliseconds before the first further attempt. Each later one waits twice as long, up to the longest. */
const FIRST_WAIT = 300;
const LONGEST_WAIT = 10_000;
const MAX_ATTEMPTS = 40;
/** Milliseconds between two pings. A server that has not answered the one before is taken for gone. */
const PING_EVERY = 30_000;
/** Ids of events that are known, so that an event that is sent again is not shown again. */
const MAX_KNOWN = 20_000;

/** Close codes after which a further attempt is of no use. */
const FINAL: Readonly<Record<number, string>> = {
  4001: "the server does not accept the key",
  4004: "the server does not have this conversation",
};

/**
 * Follows a conversation over the session socket, which has the pieces of replies and a cursor. A server that does not
 * have it is followed over its event socket. A connection that is lost is made again and goes on where it broke off.
 */
export class EventFeed {
  readonly #options: FeedOptions;
  readonly #known = new Set<string>();
  readonly #opened = Promise.withResolvers<void>();
  #kind: "session" | "events" = "session";
  #socket: WebSocket | undefined;
  #retry: NodeJS.Timeout | undefined;
  /** Place of the last event, for the session socket. */
  #seq: number | undefined;
  /** Time of the last event, for the event socket. */
  #time: string | undefined;
  #wasOpen = false;
  #isLost = false;
  #attempts = 0;
  #isClosed = false;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  /** Resolves once everything from now on is followed. Rejects with `unavailable` when that cannot be. */
  open(): Promise<void> {
    this.#connect();
    return this.#opened.promise;
  }

  /** Takes note of an event that was read elsewhere. False for one that is known. */
  take({ id, timestamp }: ChatEvent): boolean {
    if (typeof timestamp === "string") this.#time = timestamp;
    if (typeof id !== "string") return true;
    if (this.#known.has(id)) return false;
    this.#known.add(id);
    const [oldest] = this.#known;
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
    return true;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.#socket?.terminate();
  }

  #connect(): void {
    const socket = this.#options.client.socket(this.#path());
    this.#socket = socket;
    let reason = "the connection was closed";
    socket.on("message", (data) => this.#receive(data));
    socket.on("error", (error) => {
      reason = error.message;
    });
    watchPulse(socket);
    socket.on("close", (code) => this.#lose(FINAL[code] ?? reason, code));
  }

  #path(): string {
    const { conversationId } = this.#options;
    if (this.#kind === "session") {
      const cursor = this.#seq === undefined ? "" : `?after_seq=${this.#seq}`;
      return `/sockets/session/${conversationId}${cursor}`;
    }
    const since =
      this.#time === undefined ? "all" : `since&after_timestamp=${encodeURIComponent(this.#time)}`;
    return `/sockets/events/${conversationId}${this.#wasOpen ? `?resend_mode=${since}` : ""}`;
  }

  #lose(reason: string, code: number): void {
    if (this.#isClosed) return;
    const isRefused = /server response: (403|404)/.test(reason);
    if (isRefused && this.#kind === "session" && !this.#wasOpen) {
      this.#kind = "events";
      this.#connect();
      return;
    }
    this.#attempts += 1;
    if (isRefused || code in FINAL || this.#attempts > MAX_ATTEMPTS) {
      this.#end(reason);
      return;
    }
    if (this.#wasOpen && !this.#isLost) this.#options.onLost();
    this.#isLost = true;
    const wait = Math.min(FIRST_WAIT * 2 ** (this.#attempts - 1), LONGEST_WAIT);
    this.#retry = setTimeout(() => this.#connect(), wait);
  }

  #end(reason: string): void {
    this.#isClosed = true;
    this.#opened.reject(new AgentServerError("unavailable", reason));
    if (this.#wasOpen) this.#options.onEnd(reason);
  }

  #receive(data: RawData): void {
    const frame = parsed(String(data));
    if (this.#isLost && this.#wasOpen) this.#options.onBack();
    this.#isLost = false;
    this.#attempts = 0;
    this.#wasOpen = true;
    if (this.#kind === "session") this.#receiveFrame(frame);
    else if (frame.kind === "StreamingDeltaEvent") this.#piece(frame.content);
    else this.#event(frame);
    this.#opened.resolve();
  }

  #receiveFrame(frame: ChatEvent): void {
    switch (frame.type) {
      case "sync":
        this.#seq ??= typeof frame.through_seq === "number" ? frame.through_seq : -1;
        return;
      case "durable":
        if (typeof frame.seq === "number") this.#seq = frame.seq;
        this.#event(asObject(frame.event));
        return;
      case "transient":
        this.#event(asObject(frame.event));
        return;
      case "item_started":
        if (frame.attempt !== 1) this.#options.onVoid();
        return;
      case "delta":
        if (frame.kind === "text") this.#piece(frame.content);
        return;
      case "item_aborted":
        this.#options.onVoid();
    }
  }

  #event(event: ChatEvent): void {
    if (this.take(event)) this.#options.onEvent(event);
  }

  #piece(content: unknown): void {
    if (typeof content === "string") this.#options.onPiece(content);
  }
}

/** Ends a socket whose other side does not answer pings: the network does not always say that it is gone. */
function watchPulse(socket: WebSocket): void {
  let isAlive = true;
  socket.on("pong", () => {
    isAlive = true;
  });
  const timer = setInterval(() => {
    if (socket.readyState !== socket.OPEN) return;
    if (!isAlive) return socket.terminate();
    isAlive = false;
    socket.ping();
  }, PING_EVERY);
  socket.on("close", () => clearInterval(timer));
}

function parsed(text: string): ChatEvent {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return {};
  }
}
