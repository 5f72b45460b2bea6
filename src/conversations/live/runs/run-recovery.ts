import { hasQuestion } from "../../../agent/loop/confirmation/questions.ts";
import { recoverRun } from "../../../agent/loop/recovery.ts";
import type { SubAgents } from "../../sub-agents/sub-agents.ts";
import type { RunSession } from "../session/run-session.ts";
import type { RunClient } from "./run-client.ts";
import type { RunControl } from "./run-control.ts";
import type { Takeovers } from "./takeovers.ts";

export interface RunRecoveryParts {
  session: RunSession;
  runs: RunControl;
  /** The client that the conversation works for. */
  client: Pick<RunClient, "resumed">;
  subAgents: Pick<SubAgents, "resultsOf">;
  /** Counts the runs that go on after they were cut short. Default: none goes on. */
  takeovers?: Takeovers | undefined;
  /** Whether the machine outlives its servers, so that it may know what became of calls that were cut short. */
  machineLasts: boolean;
}

/** Clears up what the end of the process left of the run of a conversation. */
export class RunRecovery {
  readonly #parts: RunRecoveryParts;

  constructor(parts: RunRecoveryParts) {
    this.#parts = parts;
  }

  /** Whether the state says that a run is active, or asks the user about calls of a sub-agent, and none does. */
  get isDue(): boolean {
    const { session, runs } = this.#parts;
    return session.state.execution_status === "running" || (!runs.active && hasQuestion(session.state));
  }

  /**
   * Answers calls that the end of the process left open. A run that it cut short goes on where the server says so, or
   * else becomes an error. The calls of a machine that outlives its servers are answered by that run. A task that a
   * sub-agent had finished by then has its result.
   *
   * Rejects with `too_many_requests` when the run should go on and no slot is free: nothing has changed then.
   */
  recover(): Promise<void> {
    return this.#parts.client.resumed(() => this.#recover());
  }

  async #recover(): Promise<void> {
    const { session, runs, subAgents, takeovers, machineLasts } = this.#parts;
    await session.readLog();
    const known = await subAgents.resultsOf(session.view.pending());
    // A run that has begun meanwhile answers its own calls.
    if (runs.active) return;
    const slot = (await this.#goesOn()) ? runs.reserve() : undefined;
    try {
      if (slot !== undefined) await takeovers?.note();
      await recoverRun(session, { known, goesOn: slot !== undefined, machineLasts });
      if (slot !== undefined) runs.startOrFollow({ slot });
    } finally {
      slot?.release();
    }
  }

  /** Whether a run was cut short that is to go on. */
  async #goesOn(): Promise<boolean> {
    const { runs, takeovers } = this.#parts;
    if (!this.isDue || takeovers === undefined || (await takeovers.areTooMany())) return false;
    try {
      runs.assertServed();
      return true;
    } catch {
      return false;
    }
  }
}
