import { AgentServerError } from "../errors.ts";
import type { LlmReply } from "../llm/llm.ts";
import type { Logger } from "../logger.ts";
import type { McpServer } from "../wire/agent/mcp-server.ts";
import type { ExtensionHost } from "./loop/extension.ts";
import type { RunOptions } from "./loop/run.ts";
import type { AgentSession } from "./loop/session.ts";

/**
 * Does the work of one conversation, run by run: the built-in loop, or a program that is an agent itself.
 *
 * `run` brings the conversation from any status to one that is not running and resolves then. It reads what to do
 * from `session.view` and `session.state`, writes what happens with `append` and `update`, and shows pieces of a
 * reply in a place of `openReply`. Failures of the agent are part of the work: they show in the status and the log. It
 * rejects only when the log cannot be written. At most one run of a conversation is active at a time.
 *
 * When `options.signal` is aborted, `run` answers what is open, leaves the status paused with an InterruptEvent and
 * resolves, within seconds. A pause by the user shows in `session.state.execution_status`; `run` then ends at the next
 * point where nothing is open.
 *
 * `session.llm` is made when it is first read: a runner that brings another model does not read it.
 */
export interface Runner {
  run(session: AgentSession, options: RunOptions): Promise<void>;
  /**
   * Told during a run that the user has sent a message which a run is to begin with: what the agent does may be given
   * up for it. Left out by runners that read messages between their steps.
   */
  supersede?(): void;
  /**
   * Answers a question about the conversation outside of its work, also during a run. Left out where the model of the
   * agent is asked. Rejects with an AgentServerError for the one who asks.
   */
  ask?(question: string, signal: AbortSignal): Promise<string>;
  /**
   * Gives an agent that has been started another model, before that is stored. Left out where the model is a matter of
   * the configuration. Rejects with an AgentServerError for the one who asks.
   */
  switchModel?(model: string): Promise<void>;
  /** Ends what is kept between runs, such as a child process. Called once, when the conversation leaves memory. */
  close?(): Promise<void>;
}

/** The conversation that a runner is made for. */
export interface RunnerHost extends ExtensionHost {
  readonly logger: Logger;
  /**
   * Resolves to the MCP servers of the agent and its plugins by name, those that are not enabled too, with their
   * variables filled in.
   */
  mcpServers(): Promise<Readonly<Record<string, McpServer>>>;
  /** Resolves to the notes of former conversations; undefined without a memory, and for an empty one. */
  memory(): Promise<string | undefined>;
  /** Whether the agent profile that the conversation comes from, if any, lets it have a secret of the server. */
  allowsSecret(name: string): boolean;
  /** Hides further texts, such as renewed tokens, in everything that the conversation shows from now on. */
  hide(values: readonly string[]): void;
  /**
   * Counts what an answer outside of a run has used, as that of the agent's model: stores it and shows it. A run counts
   * with `session.recordReply`.
   */
  recordAside(reply: LlmReply): Promise<void>;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Makes the runner of one conversation. Nothing is started before its first run. */
export type RunnerFactory = (host: RunnerHost) => Runner | Promise<Runner>;

/** Runners by the `kind` of the agent. */
export type Runners = Readonly<Record<string, RunnerFactory>>;

/** Makes the runner for a kind of agent. Throws `unprocessable` for a kind that is not in the table. */
export function createRunner(kind: string, runners: Runners, host: RunnerHost): Runner | Promise<Runner> {
  const create = Object.hasOwn(runners, kind) ? runners[kind] : undefined;
  if (create !== undefined) return create(host);
  const available = Object.keys(runners).join(", ");
  throw new AgentServerError(
    "unprocessable",
    `Agents of kind '${kind}' cannot be run. Available: [${available}]`,
  );
}
