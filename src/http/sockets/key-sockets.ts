import { messageOf } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import type { ScopedKeys } from "../admission/authentication.ts";
import type { Connect, Socket } from "../socket.ts";

/** Milliseconds between two looks at whether the keys of open sockets are still valid. */
const PAUSE = 2_000;
/** Looks that may fail one after the other. After that, sockets are closed: no one knows whether their keys are valid. */
const MAX_FAILURES = 15;
const ENDED = { code: 4001, reason: "The key has been revoked or has expired" };
const UNKNOWN = { code: 1013, reason: "The key cannot be checked at the moment" };

export interface KeySocketsOptions {
  keys: Pick<ScopedKeys, "current">;
  logger: Logger;
}

/**
 * Ends the open sockets of scoped keys that are not valid any more, a few seconds after that at most. Nothing is asked
 * while no such socket is open.
 */
export class KeySockets {
  readonly #options: KeySocketsOptions;
  readonly #open = new Map<string, Set<Socket>>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;

  constructor(options: KeySocketsOptions) {
    this.#options = options;
  }

  /** Makes a socket end with the key that has admitted it. */
  guard(connect: Connect, keyId: string | undefined): Connect {
    if (keyId === undefined) return connect;
    const guarded = (socket: Socket) => {
      this.#hold(keyId, socket);
      connect(socket);
    };
    const { maxFirstMessageBytes } = connect;
    return Object.assign(guarded, maxFirstMessageBytes !== undefined && { maxFirstMessageBytes });
  }

  #hold(keyId: string, socket: Socket): void {
    const sockets = this.#open.get(keyId) ?? new Set();
    this.#open.set(keyId, sockets.add(socket));
    socket.onClose(() => {
      sockets.delete(socket);
      if (sockets.size === 0 && this.#open.get(keyId) === sockets) this.#open.delete(keyId);
    });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#open.size === 0) return;
    this.#timer = setTimeout(() => void this.#look(), PAUSE);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    try {
      for (const [keyId, sockets] of [...this.#open]) {
        if ((await this.#options.keys.current(keyId)) === undefined) closeAll(sockets, ENDED);
      }
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      this.#options.logger.warn({ error: messageOf(error) }, "The keys of open sockets cannot be checked");
      if (this.#failures > MAX_FAILURES)
        for (const sockets of this.#open.values()) closeAll(sockets, UNKNOWN);
    }
    this.#timer = undefined;
    this.#schedule();
  }
}

function closeAll(sockets: ReadonlySet<Socket>, { code, reason }: typeof ENDED): void {
  for (const socket of [...sockets]) socket.close(code, reason);
}
