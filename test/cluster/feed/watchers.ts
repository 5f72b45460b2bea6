import { expect, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import type { SessionFrame } from "../../../src/wire/events/session-frames.ts";
import { KEY, type TestNode } from "../forwarding/nodes.ts";

const PATIENT = { timeout: 60_000, interval: 20 };

/** A session socket, and the places of the events that it was sent. */
export class Watcher {
  readonly seqs: number[] = [];
  /** Pieces of replies. */
  readonly pieces: string[] = [];
  /** States that are sent in between, without the first. */
  readonly states: unknown[] = [];
  isReady = false;
  /** Pieces that did not follow the one before. */
  gaps = 0;
  closed: number | undefined;
  readonly socket: WebSocket;
  #order = -1;

  constructor({ address }: TestNode, id: string) {
    this.socket = new WebSocket(`${address.replace("http", "ws")}/sockets/session/${id}?after_seq=-1`, {
      headers: { "x-session-api-key": KEY },
    });
    this.socket.on("message", (data) => this.#take(JSON.parse(String(data)) as SessionFrame));
    this.socket.on("close", (code) => {
      this.closed = code;
    });
    this.socket.on("error", () => {});
  }

  #take(frame: SessionFrame): void {
    switch (frame.type) {
      case "transient":
        if (this.isReady) this.states.push(frame.event);
        this.isReady = true;
        break;
      case "durable":
        this.seqs.push(frame.seq);
        break;
      case "item_started":
        this.#order = -1;
        break;
      case "delta":
        this.pieces.push(frame.content);
        if (frame.order !== this.#order + 1) this.gaps += 1;
        this.#order = frame.order;
        break;
    }
  }
}

/** Opens sockets on a conversation, and waits until each has its first state. */
export async function watchAt(node: TestNode, id: string, count: number): Promise<Watcher[]> {
  const watchers = Array.from({ length: count }, () => new Watcher(node, id));
  onTestFinished(() => {
    for (const { socket } of watchers) socket.terminate();
  });
  await expect.poll(() => watchers.every(({ isReady }) => isReady), PATIENT).toBe(true);
  return watchers;
}
