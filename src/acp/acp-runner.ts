import { type RunOptions, staysFinished } from "../agent/loop/run.ts";
import type { AgentSession } from "../agent/loop/session.ts";
import type { Runner, RunnerHost } from "../agent/runner.ts";
import { AgentServerError, messageOf } from "../errors.ts";
import type { AcpAgent } from "../wire/agent/acp/acp-agent.ts";
import { isRefused, isTransient } from "./acp-error.ts";
import type { AcpServerOptions } from "./launch/acp-host.ts";
import { LiveSession } from "./live-session.ts";
import { AcpRun } from "./run/acp-run.ts";

/** Does the work of a conversation through another program, by the Agent Client Protocol. */
export class AcpRunner implements Runner {
  readonly #host: RunnerHost;
  readonly #options: AcpServerOptions;
  readonly #live: LiveSession;
  #run: AcpRun | null = null;

  constructor(host: RunnerHost, options: AcpServerOptions) {
    this.#host = host;
    this.#options = options;
    this.#live = new LiveSession(host, options);
  }

  async run(session: AgentSession, options: RunOptions): Promise<void> {
    if (session.confirmation.isWaiting) return;
    const run = new AcpRun({
      session,
      run: options,
      live: this.#live,
      host: this.#host,
      options: this.#options,
    });
    await run.answerLeftQuestions();
    if (await staysFinished(session, options)) return;
    this.#run = run;
    try {
      await run.work();
    } finally {
      this.#run = null;
    }
  }

  supersede(): void {
    this.#run?.supersede();
  }

  ask(question: string, signal: AbortSignal): Promise<string> {
    return this.#live.ask(question, signal);
  }

  async switchModel(model: string): Promise<void> {
    const session = this.#live.open;
    if (session === null) return;
    const { acp_prompt_timeout: seconds } = this.#host.state.agent as AcpAgent;
    const limit = AbortSignal.timeout(Math.min(seconds * 1_000, MAX_SWITCH));
    try {
      await session.setModel(model, limit);
    } catch (error) {
      if (limit.aborted)
        throw new AgentServerError("gateway_timeout", "The program of the agent has not answered in time");
      if (!isRefused(error) || isTransient(error)) throw error;
      const method = session.facts.models.isOption ? "set_config_option(model)" : "set_session_model";
      throw new AgentServerError(
        "bad_request",
        `ACP server rejected ${method}(model='${model}'): ${messageOf(error)}`,
      );
    }
  }

  close(): Promise<void> {
    return this.#live.close();
  }
}

/** Milliseconds for a switch of the model, however long a prompt may be silent. */
const MAX_SWITCH = 120_000;
