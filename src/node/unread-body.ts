import type { IncomingMessage, ServerResponse } from "node:http";
import { announcesNoBody } from "./node-request.ts";

/** Bytes of an unread body that are dropped at most. */
const MAX_BYTES = 1024 * 1024;
/** Milliseconds that the sender of an unread body gets at most. */
const MAX_WAIT = 2_000;

/** Tells whether a part of the request body is not read. It would be taken for the next request of the connection. */
export function hasUnreadBody({ req: incoming }: ServerResponse): boolean {
  return !incoming.complete && !announcesNoBody(incoming);
}

/**
 * Resolves when the rest of a request body has come and is dropped, its sender has left, or a bound is reached. A
 * connection that is closed before is reset, and a client that is still sending loses the answer (RFC 9112, section
 * 9.6).
 */
export function dropRest(incoming: IncomingMessage): Promise<void> {
  if (incoming.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    let bytes = 0;
    const count = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_BYTES) done();
    };
    // A stream of the Web that no one reads any more pauses its source.
    const goOn = () => void incoming.resume();
    const done = () => {
      clearTimeout(timer);
      incoming.off("data", count).off("pause", goOn).off("end", done).off("close", done);
      resolve();
    };
    const timer = setTimeout(done, MAX_WAIT);
    incoming.on("data", count).on("pause", goOn).on("end", done).on("close", done);
    incoming.resume();
  });
}
