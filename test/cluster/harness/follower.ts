import { WebSocket } from "ws";
import type { SessionFrame } from "../../../src/wire/events/session-frames.ts";
import type { Sight } from "../chaos/history.ts";

export interface Follower {
  /** The stored events so far, in the order in which they came. */
  readonly seen: readonly Sight[];
  /** How often it connected. */
  readonly connections: number;
  close(): void;
}

export interface FollowerOptions {
  /** Milliseconds without a frame or an answer to a ping, after which the connection is given up. Default: 3,000. */
  patience?: number;
  /** Session key. Default: none. */
  key?: string;
  onFrame?(frame: SessionFrame): void;
}

/** A client that follows a conversation by its cursor, and connects again whenever it is cut off. */
export function follow(url: string, id: string, options: FollowerOptions = {}): Follower {
  const { patience = 3_000, key, onFrame = () => {} } = options;
  const seen: Sight[] = [];
  let closed = false;
  let connections = 0;
  let socket: WebSocket;
  let timer: NodeJS.Timeout | undefined;

  function connect(): void {
    if (closed) return;
    connections += 1;
    const query = `after_seq=${seen.at(-1)?.seq ?? -1}`;
    const own: WebSocket = new WebSocket(`${url.replace("http", "ws")}/sockets/session/${id}?${query}`, {
      handshakeTimeout: patience,
      ...(key !== undefined && { headers: { "x-session-api-key": key } }),
    });
    socket = own;
    let heard = Date.now();
    const hear = () => {
      heard = Date.now();
    };
    const pings = setInterval(() => {
      if (Date.now() - heard > patience) own.terminate();
      else if (own.readyState === WebSocket.OPEN) own.ping();
    }, patience / 4);
    own.on("pong", hear);
    own.on("message", (data) => {
      // A connection that was given up has nothing to say.
      if (own !== socket || own.readyState !== WebSocket.OPEN) return;
      hear();
      const frame = JSON.parse(String(data)) as SessionFrame;
      if (frame.type === "durable") {
        seen.push({ seq: frame.seq, id: (frame.event as { id: string }).id, at: Date.now() });
      }
      onFrame(frame);
    });
    own.on("error", () => {});
    own.on("unexpected-response", () => own.terminate());
    own.on("close", () => {
      clearInterval(pings);
      if (!closed) timer = setTimeout(connect, 100);
    });
  }

  connect();
  return {
    seen,
    get connections() {
      return connections;
    },
    close: () => {
      closed = true;
      clearTimeout(timer);
      socket.terminate();
    },
  };
}
