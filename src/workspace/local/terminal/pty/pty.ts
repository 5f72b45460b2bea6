import type { Argv } from "../../../workspace.ts";

/** A program at its pseudo-terminal. */
export interface Pty {
  /** Process id of what was started, which leads a session. */
  readonly pid: number;
  write(text: string): void;
  /** Leaves further output with the program, which stops when there is too much of it. */
  pause(): void;
  resume(): void;
  onData(listener: (text: string) => void): void;
  onExit(listener: (exit: PtyExit) => void): void;
}

/** The end of a program. */
export interface PtyExit {
  exitCode: number;
  /** Number of the signal that ended it. 0 and undefined: none did. */
  signal?: number | undefined;
}

/** A program to start. */
export interface PtyCommand {
  argv: Argv;
  cwd: string;
  env: Readonly<Record<string, string>>;
  columns: number;
  rows: number;
}

/** A way to have pseudo-terminals on this machine. */
export interface Ptys {
  /** Generations of processes between the one that is started and the program. */
  readonly layers: number;
  start(command: PtyCommand): Pty;
}

/** The terminal that programs write for. */
export const TERMINAL_NAME = "xterm-256color";
