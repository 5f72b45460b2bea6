import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../../errors.ts";
import { codexLogin, isNewer, type KeptLogin, type SharedLogin, secretsOfLogin } from "./shared-login.ts";

/** Milliseconds between two looks at a file. */
const INTERVAL = 1_000;

/** Milliseconds between two attempts to keep a login that could not be kept. */
const RETRY_INTERVAL = 5_000;

export interface LoginFileParts {
  login: SharedLogin;
  /** Reads the file; undefined where there is none. */
  read(): Promise<string | undefined>;
  write(value: string): Promise<void>;
  /** Hides texts in everything that the conversation shows. */
  hide(values: readonly string[]): void;
  /** Called with the first of several failures. */
  onProblem(words: string): void;
}

/**
 * The file of a login that its program renews. The provider takes the new login alone from then on, so that it is kept
 * for all programs as soon as it is seen.
 */
export class LoginFile {
  readonly #parts: LoginFileParts;
  readonly #closing = new AbortController();
  /** The login as it is kept, as far as this program knows. */
  #known: KeptLogin;
  #isStale = false;
  #hasFailed = false;
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(parts: LoginFileParts, known: KeptLogin) {
    this.#parts = parts;
    this.#known = known;
  }

  /**
   * Writes the login into the file and begins to watch it. undefined where there is no login that could be used. A file
   * that was renewed and not kept, because the server was killed in between, is kept now.
   */
  static async open(parts: LoginFileParts): Promise<LoginFile | undefined> {
    const known = await parts.login.read();
    if (known === undefined || codexLogin(known.value) === undefined) return undefined;
    parts.hide(secretsOfLogin(known.value));
    const file = new LoginFile(parts, known);
    const left = await parts.read();
    if (left !== undefined && isNewer(left, known.value)) await file.sync();
    else await parts.write(known.value);
    void file.#watch();
    return file;
  }

  /** Whether another program has renewed the login meanwhile: the one of this program is worth nothing any more. */
  get isStale(): boolean {
    return this.#isStale;
  }

  /** Keeps what the program has written. Resolves to whether everything is kept. */
  sync(): Promise<boolean> {
    const synced = this.#tail.then(() => this.#sync());
    this.#tail = synced;
    return synced;
  }

  /** Keeps what the program has written last, and ends the watch. Resolves to whether the file is needed no more. */
  async close(): Promise<boolean> {
    this.#closing.abort();
    return this.sync();
  }

  async #watch(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted && !this.#isStale) {
      const time = this.#hasFailed ? RETRY_INTERVAL : INTERVAL;
      await sleep(time, undefined, { signal, ref: false }).catch(() => {});
      if (!signal.aborted) await this.sync();
    }
  }

  async #sync(): Promise<boolean> {
    if (this.#isStale) return true;
    try {
      const value = await this.#parts.read();
      if (value === undefined || value === this.#known.value || codexLogin(value) === undefined) return true;
      this.#parts.hide(secretsOfLogin(value));
      await this.#keep(value);
      this.#hasFailed = false;
      return true;
    } catch (error) {
      if (!this.#hasFailed) this.#parts.onProblem(`A renewed login could not be kept: ${messageOf(error)}`);
      this.#hasFailed = true;
      return false;
    }
  }

  async #keep(value: string): Promise<void> {
    const { login, onProblem } = this.#parts;
    const version = await login.replace(this.#known.version, value);
    if (version !== undefined) {
      this.#known = { value, version };
      return;
    }
    const kept = await login.read();
    if (kept?.value === value) {
      this.#known = kept;
      return;
    }
    this.#isStale = true;
    onProblem("A login was renewed twice: the one that is kept is used from the next prompt on");
  }
}
