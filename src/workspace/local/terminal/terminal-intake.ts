import type { Pty } from "./pty/pty.ts";
import type { TerminalScreen } from "./terminal-screen.ts";

/** Work that waits for the emulator. Beyond it the pseudo-terminal is not read until little is left. */
const QUEUE_HIGH = 1024 * 1024;
const QUEUE_LOW = 128 * 1024;
/** Characters read while no call waits for output. Beyond it the full pipe stops a program that goes on printing. */
const UNATTENDED_LIMIT = 16 * 1024 * 1024;

/**
 * Passes the output of a pseudo-terminal to its screen, and leaves it in the pseudo-terminal while there is too much.
 */
export class TerminalIntake {
  readonly #pty: Pick<Pty, "pause" | "resume">;
  readonly #screen: Pick<TerminalScreen, "write">;
  readonly #listeners = new Set<() => void>();
  /** Work of the output that the screen does not have yet. */
  #queued = 0;
  #waiting = 0;
  #unattended = 0;
  #received = 0;
  #lastOutput = 0;

  constructor(pty: Pick<Pty, "pause" | "resume">, screen: Pick<TerminalScreen, "write">) {
    this.#pty = pty;
    this.#screen = screen;
  }

  /** Number of characters received. */
  get received(): number {
    return this.#received;
  }

  /** Time of the last output or input, in milliseconds of `performance.now()`. */
  get lastOutput(): number {
    return this.#lastOutput;
  }

  /** True when the screen has everything that was received. */
  get settled(): boolean {
    return this.#waiting === 0;
  }

  /** Notes that a call waits for output, and lets held-back output flow again. */
  attend(): void {
    this.#unattended = 0;
    if (this.#queued < QUEUE_HIGH) this.#pty.resume();
  }

  /** Notes that something was typed for which an answer is expected: silence counts from now. */
  expectAnswer(): void {
    this.attend();
    this.#lastOutput = performance.now();
  }

  receive(text: string): void {
    this.#waiting += 1;
    this.#received += text.length;
    this.#lastOutput = performance.now();
    if (this.#listeners.size === 0) this.#unattended += text.length;
    const work: number = this.#screen.write(text, () => this.#digested(work));
    this.#queued += work;
    if (this.#queued > QUEUE_HIGH || this.#unattended > UNATTENDED_LIMIT) this.#pty.pause();
  }

  /** Calls back after each piece of output and at `notify`. Returns a function that removes the listener. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  #digested(work: number): void {
    const before = this.#queued;
    this.#waiting -= 1;
    this.#queued -= work;
    this.#lastOutput = performance.now();
    const drained = before >= QUEUE_LOW && this.#queued < QUEUE_LOW;
    if (drained && this.#unattended <= UNATTENDED_LIMIT) this.#pty.resume();
    this.notify();
  }
}
