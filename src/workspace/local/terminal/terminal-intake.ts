import type { IPty } from "@lydell/node-pty";
import type { TerminalScreen } from "./terminal-screen.ts";

/** Characters from the terminal that wait for the emulator; beyond, the terminal is not read for a while. */
const QUEUE_HIGH = 1024 * 1024;
const QUEUE_LOW = 128 * 1024;
/** Characters taken in while nobody waits; beyond, a program that goes on printing is stopped by its full pipe. */
const UNATTENDED_LIMIT = 16 * 1024 * 1024;

/** Brings what a terminal prints to its screen, and leaves it in the terminal while there is too much of it. */
export class TerminalIntake {
  readonly #pty: Pick<IPty, "pause" | "resume">;
  readonly #screen: Pick<TerminalScreen, "write">;
  readonly #listeners = new Set<() => void>();
  #queued = 0;
  #unattended = 0;
  #received = 0;
  #lastOutput = 0;

  constructor(pty: Pick<IPty, "pause" | "resume">, screen: Pick<TerminalScreen, "write">) {
    this.#pty = pty;
    this.#screen = screen;
  }

  /** Characters so far. */
  get received(): number {
    return this.#received;
  }

  /** When the last of them came, or something was typed, in milliseconds of `performance.now()`. */
  get lastOutput(): number {
    return this.#lastOutput;
  }

  /** True when the screen has all that came. */
  get settled(): boolean {
    return this.#queued === 0;
  }

  /** A reader is there: output that was held back flows again. */
  attend(): void {
    this.#unattended = 0;
    if (this.#queued < QUEUE_HIGH) this.#pty.resume();
  }

  /** Something is typed by one who waits for the answer: silence counts from here. */
  expectAnswer(): void {
    this.attend();
    this.#lastOutput = performance.now();
  }

  receive(text: string): void {
    this.#queued += text.length;
    this.#received += text.length;
    this.#lastOutput = performance.now();
    if (this.#listeners.size === 0) this.#unattended += text.length;
    if (this.#queued > QUEUE_HIGH || this.#unattended > UNATTENDED_LIMIT) this.#pty.pause();
    this.#screen.write(text, () => this.#digested(text.length));
  }

  /** Calls back after each piece of output and at `notify`; gives what stops that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  #digested(length: number): void {
    const before = this.#queued;
    this.#queued -= length;
    this.#lastOutput = performance.now();
    const drained = before >= QUEUE_LOW && this.#queued < QUEUE_LOW;
    if (drained && this.#unattended <= UNATTENDED_LIMIT) this.#pty.resume();
    this.notify();
  }
}
