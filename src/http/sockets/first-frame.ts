import type { Connect, Socket } from "../socket.ts";

const TIMEOUT_MS = 10_000;
/** Sockets that may wait for their first frame at the same time. */
const MAX_WAITING = 256;
/** Room for a key and little else: the peer is still unknown. */
const MAX_FIRST_MESSAGE_BYTES = 64 * 1024;
const REFUSED = { code: 4001, reason: "Authentication failed" };

export interface FirstFrameGate {
  /** True while no further socket may wait: it is refused before it is accepted. */
  readonly full: boolean;
  /** Accepts the socket, but shows it to the handler only once its first frame has named a key. */
  guard(connect: Connect): Connect;
}

/** For browsers, which cannot set headers on a socket: the first frame is `{"type":"auth","session_api_key":"…"}`. */
export function createFirstFrameGate(isKey: (candidate: string | null) => boolean): FirstFrameGate {
  let waiting = 0;

  function guard(connect: Connect): Connect {
    const guarded = (socket: Socket) => {
      waiting += 1;
      nextFrame(socket, (frame) => {
        waiting -= 1;
        if (frame !== undefined && isKey(keyIn(frame))) connect(socket);
        else socket.close(REFUSED.code, REFUSED.reason);
      });
    };
    return Object.assign(guarded, { maxFirstMessageBytes: MAX_FIRST_MESSAGE_BYTES });
  }

  return {
    get full() {
      return waiting >= MAX_WAITING;
    },
    guard,
  };
}

/** Calls back once: with the first frame, or with nothing when the socket closes or stays silent too long. */
function nextFrame(socket: Socket, done: (frame: string | Uint8Array | undefined) => void): void {
  let settled = false;
  const settle = (frame: string | Uint8Array | undefined) => {
    if (settled) return;
    settled = true;
    clearTimeout(timer);
    done(frame);
  };
  const timer = setTimeout(() => settle(undefined), TIMEOUT_MS);
  socket.onClose(() => settle(undefined));
  socket.onMessage((frame) => {
    // The frames after the first are the handler's, which may listen later.
    socket.onMessage(null);
    settle(frame);
  });
}

/** The key an auth frame names; null for any other frame. */
function keyIn(frame: string | Uint8Array): string | null {
  if (typeof frame !== "string") return null;
  try {
    const value: unknown = JSON.parse(frame);
    if (typeof value !== "object" || value === null) return null;
    const { type, session_api_key: key } = value as { type?: unknown; session_api_key?: unknown };
    return type === "auth" && typeof key === "string" ? key : null;
  } catch {
    return null;
  }
}
