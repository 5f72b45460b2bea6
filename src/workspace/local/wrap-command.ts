import type { Argv, RunResult } from "../workspace.ts";

/** A program to start on this machine, with everything it sees of an environment. */
export interface Command {
  argv: Argv;
  /** Absolute path of the folder it starts in. */
  cwd: string;
  env: Readonly<Record<string, string>>;
}

/** A command as the server starts it. */
export interface WrappedCommand extends Command {
  /** Generations of processes between the one that is started and the program itself. 0: they are the same. */
  layers: number;
  /** Reaches the processes of the program where they descend from none of this server. */
  elsewhere?: ProcessesElsewhere;
}

/** The processes of one command that run where the server cannot signal them, such as in a container. */
export interface ProcessesElsewhere {
  /** Removes what was left for the start of the program: it has started, or ended. */
  started(): Promise<void>;
  /**
   * Ends all of them. `exited` resolves when the process of the server that waits for them has ended. Never rejects.
   */
  end(exited: Promise<unknown>): Promise<void>;
  /** Signals the program that has the terminal of a shell; the shell itself where `isShell` is true. Never rejects. */
  signal(shellPid: number, signal: NodeJS.Signals, isShell?: boolean): Promise<void>;
  /**
   * Explains an end that is not the program's own doing.
   *
   * @throws WorkspaceError `unavailable` when the place where it ran is gone.
   */
  check(result: RunResult): Promise<void>;
}

/** How a command is used, as far as what surrounds it must know. */
export interface CommandUse {
  /** Absolute paths that the program must see in addition to those of the workspace. Default: none. */
  folders?: readonly string[];
  /** Whether the program gets a pseudo-terminal. Default: false. */
  hasTerminal?: boolean;
  /** Whether the program gets anything on its standard input. Default: false. */
  hasInput?: boolean;
}

/** Puts a command into whatever surrounds the programs of a workspace. */
export type WrapCommand = (command: Command, use?: CommandUse) => Promise<WrappedCommand>;

/** Leaves commands as they are. */
export const unwrapped: WrapCommand = async (command) => ({ ...command, layers: 0 });
