import type { Argv } from "../workspace.ts";

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
}

/**
 * Puts a command into whatever surrounds the programs of a workspace. `folders` are absolute paths that the program
 * must see in addition to those of the workspace.
 */
export type WrapCommand = (command: Command, folders?: readonly string[]) => Promise<WrappedCommand>;

/** Leaves commands as they are. */
export const unwrapped: WrapCommand = async (command) => ({ ...command, layers: 0 });
