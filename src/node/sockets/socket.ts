import type { Duplex } from "node:stream";
import { WebSocket } from "ws";
import type { Socket } from "../../http/socket.ts";
import type { SharedFrame } from "./text-frame.ts";

/** What is kept for a listener that is not set yet; past either bound the peer is no longer read. */
const MAX_WAITING_FRAMES = 64;
const MAX_WAITING_BYTES = 1024 * 1024;

/** Longest reason a close frame can carry, in bytes. */
const MAX_REASON_BYTES = 123;

/**
 * The `Socket` port over a socket of `ws` and the connection below it. Messages go to the connection past `ws`, which may
 * send pings and close frames between them: without compression every frame is whole.
 */
export function toSocket(webSocket: WebSocket, connection: Duplex, frames: SharedFrame): Socket {
  let listener: ((data: string | Uint8Array) => void) | undefined;
  const waiting: (string | Uint8Array)[] = [];
  let waitingBytes = 0;
  let corked = false;

  /** Frames sent in one turn go to the network in one write. */
  const uncork = () => {
    corked = false;
    connection.uncork();
  };

  webSocket.on("message", (data: Buffer, isBinary) => {
    const frame = isBinary ? data : data.toString();
    if (listener !== undefined) return listener(frame);
    waiting.push(frame);
    waitingBytes += data.length;
    if (waiting.length >= MAX_WAITING_FRAMES || waitingBytes >= MAX_WAITING_BYTES) webSocket.pause();
  });

  return {
    send(text) {
      if (webSocket.readyState !== WebSocket.OPEN) return;
      if (!corked) {
        corked = true;
        connection.cork();
        queueMicrotask(uncork);
      }
      connection.write(frames.of(text));
    },
    get bufferedAmount() {
      return webSocket.bufferedAmount;
    },
    async drained() {
      if (connection.destroyed || connection.writableLength === 0) return;
      if (connection.writable) await new Promise((resolve) => connection.write("", resolve));
      else await new Promise((resolve) => connection.once("close", resolve));
    },
    close(code, reason = "") {
      webSocket.close(code, truncate(reason));
    },
    onMessage(next) {
      listener = next;
      // A frame may hand the socket on to another listener, which then gets the frames after it.
      for (const frame of waiting.splice(0)) listener(frame);
      if (webSocket.isPaused) webSocket.resume();
    },
    onClose(next) {
      if (webSocket.readyState === WebSocket.CLOSED) queueMicrotask(() => next(1006, ""));
      else webSocket.once("close", (code, reason) => next(code, reason.toString()));
    },
  };
}

function truncate(reason: string): string {
  const bytes = Buffer.from(reason);
  return bytes.length <= MAX_REASON_BYTES ? reason : bytes.subarray(0, MAX_REASON_BYTES - 3).toString();
}
