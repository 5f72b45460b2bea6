import { AgentServerError } from "../../errors.ts";
import type { Caller } from "../access/caller.ts";
import { addressGroup } from "../admission/address-group.ts";
import type { Admission, AdmitKey } from "../admission/authentication.ts";
import type { Connect, Socket } from "../socket.ts";

const TIMEOUT_MS = 10_000;
/** Sockets that may wait for their first frame at the same time, in all and of one address. */
const MAX_WAITING = 256;
const MAX_WAITING_OF_ADDRESS = 64;
/** Room for a key and little else: the peer is still unknown. */
const MAX_FIRST_MESSAGE_BYTES = 64 * 1024;
const FULL = { code: 1013, reason: "Too many sockets wait for their key" };
const REFUSED = { code: 4001, reason: "Authentication failed" };
const UNCHECKED = { code: 1011, reason: "The key could not be checked" };
/** Bytes of UTF-8 that the reason of a close frame may have. */
const MAX_REASON_BYTES = 123;

export interface FirstFrameGate {
  /** True while no further socket of the address may wait: it is refused before it is accepted. */
  isFull(peerAddress: string | undefined): boolean;
  /**
   * Accepts the socket, but shows it to the handler of its caller only once its first frame has named a key. `connectOf`
   * may refuse the caller by throwing. `refused` is called with the reason for a frame that admits no caller.
   */
  guard(connectOf: ConnectOf, peerAddress: string | undefined, refused?: (why: unknown) => void): Connect;
}

/** Makes the handler of the socket of a caller. */
export type ConnectOf = (caller: Caller) => Connect | Promise<Connect>;

/**
 * Admits sockets by their first frame, `{"type":"auth","session_api_key":"…"}`: browsers cannot set headers on a
 * socket.
 */
export function createFirstFrameGate(admitKey: AdmitKey): FirstFrameGate {
  const waiting = new WaitingSockets();

  return {
    isFull: (peerAddress) => waiting.isFull(peerAddress),
    guard(connectOf, peerAddress, refused) {
      const guarded = (socket: Socket) => {
        // Other sockets may have come during the handshake.
        if (waiting.isFull(peerAddress)) return socket.close(FULL.code, FULL.reason);
        waiting.add(peerAddress);
        nextFrame(socket, (frame) => {
          waiting.remove(peerAddress);
          void admit(frame, peerAddress).then(
            (caller) => {
              if (caller === undefined) refused?.(REFUSED.reason);
              return begin(socket, caller, connectOf);
            },
            (error: unknown) => {
              refused?.(error);
              socket.close(UNCHECKED.code, UNCHECKED.reason);
            },
          );
        });
      };
      return Object.assign(guarded, { maxFirstMessageBytes: MAX_FIRST_MESSAGE_BYTES });
    },
  };

  /** An address that has shown too many wrong keys is refused like one that shows another. */
  async function admit(
    frame: string | Uint8Array | undefined,
    peerAddress: string | undefined,
  ): Promise<Admission> {
    if (frame === undefined) return undefined;
    try {
      return await admitKey(keyIn(frame), peerAddress);
    } catch (error) {
      if (AgentServerError.is(error) && error.code === "too_many_requests") return undefined;
      throw error;
    }
  }
}

/** Hands a socket to the handler of its caller, or closes it with the reason of the refusal. Never rejects. */
async function begin(socket: Socket, caller: Admission, connectOf: ConnectOf): Promise<void> {
  if (caller === undefined) return socket.close(REFUSED.code, REFUSED.reason);
  try {
    (await connectOf(caller))(socket);
  } catch (error) {
    if (!AgentServerError.is(error)) return socket.close(UNCHECKED.code, UNCHECKED.reason);
    const code = error.code === "too_many_requests" ? 1013 : 1008;
    socket.close(code, Buffer.from(error.message).subarray(0, MAX_REASON_BYTES).toString());
  }
}

/** Counts the sockets that wait for their first frame. Without an address, only all of them together are bounded. */
class WaitingSockets {
  readonly #ofAddress = new Map<string, number>();
  #all = 0;

  isFull(peerAddress: string | undefined): boolean {
    return this.#all >= MAX_WAITING || this.#countOf(peerAddress) >= MAX_WAITING_OF_ADDRESS;
  }

  add(peerAddress: string | undefined): void {
    this.#change(peerAddress, 1);
  }

  remove(peerAddress: string | undefined): void {
    this.#change(peerAddress, -1);
  }

  #countOf(peerAddress: string | undefined): number {
    return peerAddress === undefined ? 0 : (this.#ofAddress.get(addressGroup(peerAddress)) ?? 0);
  }

  #change(peerAddress: string | undefined, by: 1 | -1): void {
    this.#all += by;
    if (peerAddress === undefined) return;
    const count = this.#countOf(peerAddress) + by;
    if (count === 0) this.#ofAddress.delete(addressGroup(peerAddress));
    else this.#ofAddress.set(addressGroup(peerAddress), count);
  }
}

/** Calls `done` once: with the first frame, or with undefined when the socket closes or stays silent too long. */
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

/** Returns the key of an auth frame; null for any other frame. */
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
