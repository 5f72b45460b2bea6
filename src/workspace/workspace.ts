import type { MachineClaims } from "./machine-claim.ts";
import type { MachineKind, MachineLimits } from "./machines.ts";
import type { WorkspaceFiles } from "./workspace-files.ts";
import type { TerminalOptions, WorkspaceTerminal } from "./workspace-terminal.ts";

/** Facts about a workspace that do not change while it is open. */
export interface WorkspaceInfo {
  /** The kind of machine, for logs: "local", "sandbox", "container". */
  readonly kind: string;
  /** Absolute path of the folder the agent works in. */
  readonly workingDir: string;
  /**
   * Absolute path of a folder for what tools keep outside the working directory, such as long output. Made by the first
   * write.
   */
  readonly dataDir: string;
  /** Home folder of the user that commands run as. */
  readonly home: string;
  /** Folder for temporary files of every user of the machine. */
  readonly temporaryDir: string;
  /** Name of the user that commands run as. null when the machine knows none. */
  readonly username: string | null;
  /** Name of the machine, without its domain. */
  readonly hostname: string;
  /**
   * The network of its programs, which a browser on the server's machine must not go beyond: `shared` is that of the
   * server's machine, `separate` another one, `none` no network. Default: `separate`.
   */
  readonly network?: "shared" | "separate" | "none";
  /** Seconds without activity after which the operator may stop the machine. Default: null, never. */
  readonly idleTimeoutSeconds?: number | null;
}

/** A program and its arguments. No shell reads it: blanks, quotes and `$` mean nothing. */
export type Argv = readonly [program: string, ...parameters: string[]];

/** Options of one run of a program. */
export interface RunOptions {
  /** Absolute path of an existing folder. Default: the working directory. */
  cwd?: string;
  /** Variables added to the environment of the workspace. */
  env?: Readonly<Record<string, string>>;
  /** Milliseconds. Default: 10 minutes. */
  timeout?: number;
  /** Ends the program's process group when it aborts. The run then resolves with `aborted`. */
  signal?: AbortSignal;
  /** Standard input of the program. Default: empty. */
  stdin?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** Bytes of each output in the result; the rest is dropped. Default: 1 MiB. */
  maxBytes?: number;
  /**
   * Id of the tool call that the program is run for, unique in the conversation; one program for each. Where the machine
   * outlives its servers, the next one finds the program by it: see `Handover`.
   */
  callId?: string;
  /**
   * Takes output as it comes, beyond `maxBytes` too. While a returned promise is open, the program's pipe fills and the
   * program waits. A throw ends the program and is passed on.
   */
  onOutput?(chunk: OutputChunk): void | Promise<void>;
}

/** A piece of a program's output. */
export interface OutputChunk {
  /** The output that the bytes were written to. */
  stream: "stdout" | "stderr";
  /** The bytes as the program wrote them. */
  bytes: Uint8Array;
}

/** The end of a program and its output. */
export interface RunResult {
  /** The cause of the end: the program itself, `timeout` or `signal`. */
  outcome: "exited" | "timed_out" | "aborted";
  /** null when a signal ended the program. 126 or 127 when it could not be started; `stderr` says why. */
  exitCode: number | null;
  /** Name of the signal that ended the program, such as "SIGTERM". */
  signal: string | null;
  /** Read as UTF-8; other bytes become U+FFFD. */
  stdout: string;
  /** Read as UTF-8; other bytes become U+FFFD. */
  stderr: string;
  /** True when one of the outputs was longer than `maxBytes`. */
  truncated: boolean;
}

/** Options of waiting for a program that runs already. */
export type ResumeOptions = Pick<RunOptions, "timeout" | "signal" | "maxBytes" | "onOutput">;

/** A shell that another server may have opened. */
export interface ResumedTerminal extends WorkspaceTerminal {
  /**
   * Passes on what the command of a call has printed so far, and resolves with true; the rest follows. False when the
   * shell was never given it, so that nothing of it will begin, or has begun another one since.
   */
  resume(callId: string): Promise<boolean>;
}

/**
 * A machine that outlives the servers of a conversation. What one of them has begun there goes on without it, and is
 * found by the next one.
 *
 * - The next one opens its workspace under a later claim. From then on the machine refuses what comes under earlier ones.
 * - Programs and shells are found by the names that they were started with: the id of a call, the name of a terminal.
 */
export interface Handover {
  /**
   * Waits for the program that `run` has started for a call, as `run` does. null when none was started, and none will be.
   * `truncated` also says that the beginning of a long output is gone. The time limit counts from now.
   */
  run(callId: string, options?: ResumeOptions): Promise<RunResult | null>;
  /** Finds the shell that `terminal` has opened under a name. null when none lives. */
  terminal(name: string, options: TerminalOptions): Promise<ResumedTerminal | null>;
  /**
   * Lets go of the machine and leaves everything there as it is, for another server. Later calls reject with `closed`.
   */
  leave(): void;
}

/**
 * A machine that an agent works on: the only door through which tools and routes touch files and start programs.
 * Every implementation passes `workspaceContract` of `agent-server/testing`.
 *
 * - The workspace chooses the environment of its programs: what it was made with, and nothing else of the server's own
 *   environment. Callers add variables by name.
 * - Callers hide secrets in what they read; a workspace passes bytes and text on as they are.
 * - Failures of the port are `WorkspaceError`s. What a program does is a result, never an error.
 * - `close` ends running programs and terminals, and resolves when they have ended. Later calls of `run` and `terminal`
 *   reject with `closed`. It removes no files. A process that left its group on purpose and was started by `run` may
 *   live on.
 */
export interface Workspace {
  /** Facts about the machine. */
  readonly info: WorkspaceInfo;
  /** The files of the machine. */
  readonly files: WorkspaceFiles;
  /**
   * Runs a program until it and its output have ended. Past the timeout and after an abort, its whole process group
   * gets SIGTERM and a second later SIGKILL; the result has the output so far. A process that the program leaves in
   * the background with its outputs closed is not waited for; a sandbox ends it, other machines do not.
   */
  run(argv: Argv, options?: RunOptions): Promise<RunResult>;
  /** Opens a shell. Rejects with `unavailable` where there are no terminals. */
  terminal(options: TerminalOptions): Promise<WorkspaceTerminal>;
  /**
   * What a machine offers that outlives its servers. Left out where everything that runs ends with the server, or is
   * lost with it.
   */
  readonly handover?: Handover | undefined;
  /** Ends running programs and terminals. Resolves when they have ended. */
  close(): Promise<void>;
}

/** The purpose a workspace is opened for: a conversation, or the server's own routes. */
export interface WorkspaceSpec {
  /**
   * Dashed UUID. null for the machine of routes that belong to no conversation, such as `/api/bash` and `/api/file`.
   */
  readonly conversationId: string | null;
  /** `workspace.working_dir` of the start request. Relative paths start where the workspace decides. */
  readonly workingDir: string;
  /** Absolute path of a folder of the conversation, or of the server, on the server's disk. Made by the first write. */
  readonly dataDir: string;
  /** `workspace` of the start request. Without a conversation, a `LocalWorkspace` at the working directory. */
  readonly requested: Readonly<Record<string, unknown>>;
  /**
   * The principal who created the conversation, to whom a host may give a separate folder or machine. null without
   * one, for the server's own routes, and while a worktree of a deleted conversation is removed.
   */
  readonly createdBy?: string | null;
  /**
   * The claims under which the server has the conversation, in a cluster with the placement `sandbox`. A machine that
   * several servers reach refuses what comes under earlier ones. Default: no other server uses the machine.
   */
  readonly claims?: MachineClaims | undefined;
  /** Limits of the start request, which the `MachineKind` allows. Default: those of the host. */
  readonly limits?: MachineLimits | undefined;
  /** Shows requests to another server to what watches this one. Default: they are sent as they are. */
  readonly watchRequest?: WatchRequest | undefined;
}

/** Sends a request to another server, with headers by which it continues the trace of what is done here. */
export type WatchRequest = (
  request: { readonly method: string; readonly url: URL },
  send: (headers: Readonly<Record<string, string>>) => Promise<Response>,
) => Promise<Response>;

/**
 * Opens a workspace. Called when something first needs it, and again after it was closed: the same spec leads to the
 * same files.
 */
export interface OpenWorkspace {
  (spec: WorkspaceSpec): Workspace | Promise<Workspace>;
  /** Care of machines that outlive their workspaces. Left out where closing a workspace leaves nothing. */
  readonly machines?: MachineKind;
  /**
   * Whether the machines are the same from every server, outlive these, and refuse what comes under earlier claims.
   * Required for the placement `sandbox`. Default: false.
   */
  readonly honoursClaims?: boolean;
}
