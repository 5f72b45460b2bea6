import { messageOf } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import type { Caller } from "../access/caller.ts";
import { type Endable, endableResponse, isEventStream } from "../access/ending-stream.ts";
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

/** A text of a key, by which several sockets may be open. */
interface HeldKey {
  keyId: string;
  keyVersion: string | undefined;
  open: Set<HeldSocket>;
}

interface HeldSocket {
  end: Endable;
  /** Called with the reason when the socket is ended here. */
  ended(reason: string): void;
}

/**
 * Ends the open sockets and event streams of scoped keys that are not valid any more, a few seconds after that at most.
 * Nothing is asked while none is open.
 */
export class KeySockets {
  readonly #options: KeySocketsOptions;
  readonly #keys = new Map<string, HeldKey>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;

  constructor(options: KeySocketsOptions) {
    this.#options = options;
  }

  /** Makes a socket end with the key that has admitted it. `ended` is called with the reason if that happens. */
  guard(connect: Connect, caller: Caller, ended: HeldSocket["ended"]): Connect {
    if (caller.keyId === undefined) return connect;
    const guarded = (socket: Socket) => {
      this.#hold(caller, { end: socket, ended });
      connect(socket);
    };
    const { maxFirstMessageBytes } = connect;
    return Object.assign(guarded, maxFirstMessageBytes !== undefined && { maxFirstMessageBytes });
  }

  /** Makes a stream of events end with the key that has admitted its client. Other answers are passed on. */
  guardAnswer(response: Response, caller: Caller, ended: HeldSocket["ended"]): Response {
    if (caller.keyId === undefined || !isEventStream(response)) return response;
    const endable = endableResponse(response);
    if (endable === undefined) return response;
    this.#hold(caller, { end: endable.stream, ended });
    return endable.response;
  }

  #hold({ keyId = "", keyVersion }: Caller, socket: HeldSocket): void {
    const name = `${keyId} ${keyVersion}`;
    const key = this.#keys.get(name) ?? { keyId, keyVersion, open: new Set() };
    this.#keys.set(name, key);
    key.open.add(socket);
    socket.end.onClose(() => {
      key.open.delete(socket);
      this.#forgetUnused(name, key);
    });
    this.#schedule();
  }

  #forgetUnused(name: string, key: HeldKey): void {
    if (key.open.size === 0 && this.#keys.get(name) === key) this.#keys.delete(name);
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#keys.size === 0) return;
    this.#timer = setTimeout(() => void this.#look(), PAUSE);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    try {
      for (const [name, key] of [...this.#keys]) {
        if ((await this.#options.keys.current(key.keyId, key.keyVersion)) !== undefined) continue;
        closeAll(key.open, ENDED);
        this.#forgetUnused(name, key);
      }
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      this.#options.logger.warn({ error: messageOf(error) }, "The keys of open sockets cannot be checked");
      if (this.#failures > MAX_FAILURES) this.#closeUnknown();
    }
    this.#timer = undefined;
    this.#schedule();
  }

  #closeUnknown(): void {
    for (const [name, key] of [...this.#keys]) {
      closeAll(key.open, UNKNOWN);
      this.#forgetUnused(name, key);
    }
  }
}

/** A socket may take its time to close, and is not closed twice. */
function closeAll(open: Set<HeldSocket>, { code, reason }: typeof ENDED): void {
  const all = [...open];
  open.clear();
  for (const { end, ended } of all) {
    end.close(code, reason);
    ended(reason);
  }
}
