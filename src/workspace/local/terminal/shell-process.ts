import { setPriority } from "node:os";
import { endProcessFamily } from "../process-family.ts";
import { oldestChild, readProcess } from "../process-table.ts";
import { sendSignal } from "../send-signal.ts";
import { waitsForInput } from "./waits-for-input.ts";

/** Niceness added to shells, as in the reference. What a shell starts inherits it. */
const NICENESS = 10;

/** The process of a shell, as its terminal knows and signals it. */
export interface ShellProcess {
  /** Whether the shell itself reads the terminal. True where that is not known. */
  isAtPrompt(): boolean;
  /** Whether the program that has the terminal waits for input. False where that is not known. */
  waitsForInput(): Promise<boolean>;
  lowerPriority(): void;
  /** Signals the program that has the terminal, unless that is the shell. */
  signalForeground(signal: NodeJS.Signals): Promise<void> | void;
  /** Ends the shell alone. */
  kill(): Promise<void> | void;
  /** Ends every process that was started from the shell. */
  endFamily(): Promise<unknown>;
}

export interface ShellProcessOptions {
  /** Process id of what the terminal was started with. */
  first: number;
  /** Generations of processes between that and the shell. */
  layers: number;
  /** `NAME=value` in the environment of every process of the terminal. */
  tag: string;
}

/**
 * A shell among the processes of this machine, which may be a descendant of the one that its terminal was started with.
 */
export class LocalShellProcess implements ShellProcess {
  readonly #options: ShellProcessOptions;
  #pid: number | undefined;

  constructor(options: ShellProcessOptions) {
    this.#options = options;
  }

  /** A program that has found out the nonce could print the marker of a prompt while it has the terminal. */
  isAtPrompt(): boolean {
    const shell = readProcess(this.#shell);
    return shell === null || shell.foreground <= 0 || shell.foreground === shell.group;
  }

  waitsForInput(): Promise<boolean> {
    return waitsForInput(this.#shell);
  }

  lowerPriority(): void {
    lowerPriority(this.#shell);
  }

  signalForeground(signal: NodeJS.Signals): void {
    const shell = readProcess(this.#shell);
    if (shell === null || shell.foreground <= 0 || shell.foreground === shell.group) return;
    sendSignal(-shell.foreground, signal);
    sendSignal(-shell.foreground, "SIGCONT");
  }

  kill(): void {
    sendSignal(this.#shell, "SIGKILL");
  }

  endFamily(): Promise<boolean> {
    return endProcessFamily({ leader: this.#options.first, tag: this.#options.tag });
  }

  /** Process id of the shell. Before the shell has started, that of the process it will descend from. */
  get #shell(): number {
    this.#pid ??= this.#find();
    return this.#pid ?? this.#options.first;
  }

  #find(): number | undefined {
    let pid = this.#options.first;
    for (let layer = 0; layer < this.#options.layers; layer++) {
      const child = oldestChild(pid);
      if (child === null) return undefined;
      pid = child;
    }
    return pid;
  }
}

/** Lowers the CPU priority of a process. A shell that is already gone has none, which its first prompt will show. */
export function lowerPriority(pid: number): void {
  try {
    setPriority(pid, NICENESS);
  } catch {
    // Some sandboxes forbid it. A shell at the server's priority is better than none.
  }
}
