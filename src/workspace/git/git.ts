import { AgentServerError } from "../../errors.ts";
import type { OutputChunk, RunResult, Workspace } from "../workspace.ts";
import { configurationVariables } from "./configuration-variables.ts";
import { repositoryFilters } from "./repository-filters.ts";

/** Milliseconds of one command. */
const TIMEOUT = 30_000;

/** Bytes of one command's output. 50,000 names of 300 bytes fit. */
const MAX_OUTPUT = 16 * 1024 * 1024;

/**
 * Whoever wrote the repository must not choose what runs on the machine: no hook, monitor, pager or helper that its
 * configuration names, and no request to a remote.
 */
const SAFE_ENVIRONMENT = {
  GIT_TERMINAL_PROMPT: "0",
  GIT_OPTIONAL_LOCKS: "0",
  GIT_NO_LAZY_FETCH: "1",
  // A list of allowed protocols that allows none. Unlike `protocol.allow`, no configuration overrides it.
  GIT_ALLOW_PROTOCOL: "none",
  GIT_PAGER: "cat",
  // In other locales a pattern does not match names that are not UTF-8.
  LC_ALL: "C",
} as const;

const SAFE_CONFIGURATION: readonly (readonly [key: string, value: string])[] = [
  ["core.fsmonitor", "false"],
  ["core.hooksPath", "/dev/null"],
  ["log.showSignature", "false"],
  ["core.quotePath", "false"],
  // A split index and the cache are written into the repository, whichever index is in use.
  ["core.splitIndex", "false"],
  ["core.untrackedCache", "false"],
  ["core.safecrlf", "false"],
];

/** Further options of a git command. */
export interface GitCommand {
  /** Takes the output as it comes. Git waits while a returned promise is open. */
  onOutput?: (chunk: OutputChunk) => void | Promise<void>;
  /** Variables of the environment, such as those that lead git to another index, or let it ask remotes. */
  env?: Readonly<Record<string, string>>;
  /** Milliseconds. Default: 30 seconds. */
  timeout?: number;
  /** Ends git when it aborts. The command then fails. */
  signal?: AbortSignal;
  /** Bytes of each output in the result. Default: 16 MiB. */
  maxBytes?: number;
  /** Pathspecs have their magic: `:(glob)…`. Default: they are names. */
  magic?: boolean;
}

/** Git in one folder of a workspace, on repositories that are not trusted. Only `git/worktree` writes with it. */
export class Git {
  readonly folder: string;
  readonly #workspace: Workspace;
  #configuration: Promise<Record<string, string>> | undefined;

  constructor(workspace: Workspace, folder: string) {
    this.#workspace = workspace;
    this.folder = folder;
  }

  /** Git in another folder, whose repository may be another. */
  in(folder: string): Git {
    return new Git(this.#workspace, folder);
  }

  /** Git in another folder of the same repository, whose configuration is not read again. */
  within(folder: string): Git {
    const git = new Git(this.#workspace, folder);
    git.#configuration = this.#configuration;
    return git;
  }

  /** Runs a command that may fail. Only a command that does not end is an error. */
  async try(parameters: readonly string[], command?: GitCommand): Promise<RunResult> {
    this.#configuration ??= this.#findConfiguration();
    return this.#run(parameters, await this.#configuration, command);
  }

  /**
   * Runs a command that must succeed.
   *
   * @throws AgentServerError `bad_request` with git's own words.
   */
  async run(parameters: readonly string[], command?: GitCommand): Promise<RunResult> {
    const result = await this.try(parameters, command);
    if (result.exitCode === 0) return result;
    throw new AgentServerError("bad_request", `git ${parameters[0]} failed: ${result.stderr.trim()}`);
  }

  /** The output of a command without its last newline. undefined when the command fails. */
  async ask(...parameters: readonly string[]): Promise<string | undefined> {
    const { exitCode, stdout } = await this.try(parameters);
    return exitCode === 0 ? stdout.replace(/\n$/, "") : undefined;
  }

  /** The bytes that a command writes, all of them: ask for what is known to be small. */
  async bytes(...parameters: readonly string[]): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    const onOutput = ({ stream, bytes }: OutputChunk) => {
      if (stream === "stdout") chunks.push(bytes);
    };
    await this.run(parameters, { onOutput });
    return Buffer.concat(chunks);
  }

  async #findConfiguration(): Promise<Record<string, string>> {
    const safe = configurationVariables(SAFE_CONFIGURATION);
    const filters = await repositoryFilters((parameters) => this.#run(parameters, safe));
    return configurationVariables([...SAFE_CONFIGURATION, ...filters]);
  }

  async #run(
    parameters: readonly string[],
    configuration: Readonly<Record<string, string>>,
    { magic = false, env, timeout = TIMEOUT, ...command }: GitCommand = {},
  ): Promise<RunResult> {
    const options = magic ? [] : ["--literal-pathspecs"];
    const result = await this.#workspace.run(["git", "--no-pager", ...options, ...parameters], {
      maxBytes: MAX_OUTPUT,
      ...command,
      cwd: this.folder,
      env: { ...SAFE_ENVIRONMENT, ...configuration, ...env },
      timeout,
    });
    if (result.outcome !== "timed_out") return result;
    throw new AgentServerError(
      "bad_request",
      `git ${parameters[0]} took longer than ${timeout / 1000} seconds`,
    );
  }
}
