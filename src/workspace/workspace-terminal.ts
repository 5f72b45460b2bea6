/** Options of opening a shell. */
export interface TerminalOptions {
  /** Absolute path of an existing folder. Default: the working directory. */
  cwd?: string | undefined;
  /** Variables added to the environment of the workspace. */
  env?: Readonly<Record<string, string>> | undefined;
  /**
   * Name of the shell within its conversation. Where the machine outlives its servers, the next one finds the shell by
   * it: see `Handover`. Default: none finds it.
   */
  name?: string | undefined;
  /** Path of a bash. Default: the one found in the PATH. */
  shellPath?: string | undefined;
  /** Takes output that cannot change any more, in order. The pieces join without anything between them. */
  onText(text: string): void;
  /** Called when the command of `run` begins: text before it belongs to background jobs. */
  onStart?(): void;
}

/** How a command ended: back at the prompt, or together with its shell. */
export type CommandEnd =
  | {
      kind: "prompt";
      exitCode: number;
      /** Process id of the last background job, -1 without one. */
      backgroundPid: number;
      /** Path of `python` in the shell's PATH. */
      pythonPath: string | null;
    }
  | {
      kind: "shell_exit";
      /** 128 and the signal's number when a signal ended the shell. */
      exitCode: number;
    };

/**
 * Why a wait came back: the command has ended; its program reads from the terminal; it was silent for `quiet`; the
 * `timeout` is over; it has printed `flood` characters; the signal was aborted.
 */
export type WaitOutcome = "ended" | "input" | "quiet" | "timeout" | "flood" | "aborted";

/** Conditions that end a wait. The first one that holds ends it. */
export interface WaitOptions {
  /** Milliseconds. */
  timeout: number;
  /** Milliseconds without output. Default: silence does not end the wait. */
  quiet?: number;
  /** Characters of output. Default: any amount. */
  flood?: number;
  /** Whether to come back when the program waits for input, where the workspace can know that. Default: false. */
  input?: boolean;
  /** Ends the wait when it aborts. The command goes on. */
  signal?: AbortSignal;
}

/**
 * A shell that stays open between commands and keeps its variables, functions and folder. Commands run one at a time;
 * what they print comes through `onText` and, as long as it may change on the screen, as `pendingText`.
 */
export interface WorkspaceTerminal {
  /** `exited` is final: open another terminal. */
  readonly state: "idle" | "running" | "exited";
  /** How the last command ended. null while a command runs and before the first one. */
  readonly end: CommandEnd | null;
  /** The shell's folder at its last prompt. */
  readonly workingDir: string;
  /** Text on the screen that may still change. It follows the text given to `onText` directly. */
  readonly pendingText: string;
  /** The screen of a program that draws on all of it, such as an editor. null without one. */
  readonly fullScreenText: string | null;
  /** Whether the program wants the application codes of the arrow keys. */
  readonly applicationCursorKeys: boolean;
  /**
   * Starts a command of any number of lines. `exports` become variables of the shell before it, and are written to no
   * place that other users can read. `callId` is that of the tool call, by which the next server finds the command.
   * Rejects while another command runs.
   */
  run(command: string, exports?: Readonly<Record<string, string>>, callId?: string): Promise<void>;
  /** Types text at the running program; Enter is `\r`. Does nothing after the shell has exited. */
  write(text: string): void;
  /** Waits for the end of the command or for one of the other outcomes. The command goes on in all of them. */
  wait(options: WaitOptions): Promise<WaitOutcome>;
  /** Stops the running command, first politely, then by force. Resolves when it has ended or nothing helped. */
  interrupt(): Promise<void>;
  /** Ends the shell and every process started from it, those in the background included. May be called twice. */
  close(): Promise<void>;
}
