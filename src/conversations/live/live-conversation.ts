import { hasQuestion } from "../../agent/loop/confirmation/questions.ts";
import type { Runner } from "../../agent/runner.ts";
import type { Logger } from "../../logger.ts";
import { ownershipLost } from "../../stores/refusals.ts";
import type { LaunchedAgentProfile } from "../../wire/conversation.ts";
import type { SecretSources } from "../../wire/secret-source.ts";
import type { LazyWorkspace } from "../../workspace/lazy-workspace.ts";
import { allowedSecrets, isAllowedSecret } from "../launch/agent-profiles.ts";
import type { SubAgents } from "../sub-agents/sub-agents.ts";
import type { Asides } from "./asides/asides.ts";
import type { AutoTitle } from "./asides/auto-title.ts";
import type { Claim } from "./claims.ts";
import type { GoalLoop } from "./goal/goal-loop.ts";
import type { OpeningGuard } from "./opening-guard.ts";
import type { AgentRuns } from "./runs/agent-runs.ts";
import type { RunControl } from "./runs/run-control.ts";
import type { RunRecovery } from "./runs/run-recovery.ts";
import type { SentMessages } from "./sent-messages.ts";
import type { RunSession } from "./session/run-session.ts";
import type { StateKeeper } from "./state-keeper.ts";

/** Milliseconds that closing waits for a run to answer its open calls, and then for its runner. */
const CLOSE_WAIT = 10_000;

export interface LiveConversationParts {
  /** The claim under which the conversation is in memory. */
  claim: Claim;
  keeper: StateKeeper;
  session: RunSession;
  /** The machine the agent works on. The session closes it. */
  workspace: LazyWorkspace;
  agentRuns: AgentRuns;
  runs: RunControl;
  recovery: RunRecovery;
  title: AutoTitle;
  asides: Asides;
  goal: GoalLoop;
  sent: SentMessages;
  subAgents: SubAgents;
  logger: Logger;
  /** Rejects with `too_many_requests` when a call of a model outside of a run is beyond a final budget. */
  assertBudget(): Promise<void>;
  /** Gives the conversation one more plugin. */
  loadPlugin(reference: string): Promise<void>;
  /** Whether another conversation waits for what this one does. */
  isSubAgent: boolean;
  /** The agent profile that it was launched from; null without one. */
  launched: LaunchedAgentProfile | null;
  /** Says what the conversation depends on. Default: on nothing. */
  openingGuard?: OpeningGuard | undefined;
}

/** A conversation in memory: its parts, and its life until it leaves. `ConversationHandle` has the verbs. */
export class LiveConversation {
  readonly claim: Claim;
  readonly keeper: StateKeeper;
  readonly session: RunSession;
  readonly workspace: LazyWorkspace;
  readonly runs: RunControl;
  readonly title: AutoTitle;
  readonly asides: Asides;
  readonly goal: GoalLoop;
  /** Messages whose senders name their events. */
  readonly sent: SentMessages;
  readonly subAgents: SubAgents;
  readonly #parts: LiveConversationParts;
  #touchedAt = 0;
  #uses = 0;
  #closing: Promise<void> | undefined;
  #isLeaving = false;
  #isAbandoned = false;

  constructor(parts: LiveConversationParts) {
    this.#parts = parts;
    this.claim = parts.claim;
    this.keeper = parts.keeper;
    this.session = parts.session;
    this.workspace = parts.workspace;
    this.runs = parts.runs;
    this.title = parts.title;
    this.asides = parts.asides;
    this.goal = parts.goal;
    this.sent = parts.sent;
    this.subAgents = parts.subAgents;
  }

  /** Rejects with `too_many_requests` when a call of a model outside of a run is beyond a final budget. */
  assertBudget(): Promise<void> {
    return this.#parts.assertBudget();
  }

  /** Gives the conversation one more plugin of its marketplaces. */
  loadPlugin(reference: string): Promise<void> {
    return this.#parts.loadPlugin(reference);
  }

  /** Gives the runner, which is made when it is first needed. */
  runner(): Promise<Runner> {
    return this.#parts.agentRuns.runner();
  }

  /** Tells an active run of a message that a run is to begin with. */
  supersede(): void {
    if (this.runs.active) this.#parts.agentRuns.supersede();
  }

  /** Adds secrets, as far as the conversation may have them. */
  async setSecrets(sources: SecretSources): Promise<void> {
    await this.keeper.setSecrets(allowedSecrets(sources, this.#parts.launched));
  }

  /** Stores what the conversation depends on from now on, where a client has brought it. */
  async noteBindings(): Promise<void> {
    const { openingGuard, launched } = this.#parts;
    const { id, agent, agent_state: agentState } = this.keeper.state;
    const allowsSecret = (name: string) => isAllowedSecret(name, launched);
    const noted = openingGuard?.noted({ id, agent, agentState, allowsSecret });
    if (noted !== undefined) await this.keeper.update({ agent_state: noted });
  }

  get status() {
    return this.keeper.state.execution_status;
  }

  /** Records a use at `now`, in milliseconds. */
  touch(now: number): void {
    this.#touchedAt = now;
  }

  /** Does something with the conversation, which stays in memory meanwhile. */
  async use<T>(work: (conversation: LiveConversation) => Promise<T>): Promise<T> {
    this.#uses += 1;
    try {
      return await work(this);
    } finally {
      this.#uses -= 1;
    }
  }

  /** Whether the conversation has been unused since `moment` and may leave memory. */
  isIdleSince(moment: number): boolean {
    const isBusy = this.#uses > 0 || this.runs.active || this.goal.isActive || this.title.isActive;
    return this.#touchedAt <= moment && !isBusy;
  }

  /** Whether a run was cut short by the end of its process. */
  get needsRecovery(): boolean {
    return this.#parts.recovery.isDue;
  }

  /** Repairs a run that was cut short, or goes on with it. Rejects as `RunRecovery.recover`. */
  recover(): Promise<void> {
    return this.#parts.recovery.recover();
  }

  /** Whether another conversation waits for what this one does. */
  get isSubAgent(): boolean {
    return this.#parts.isSubAgent;
  }

  /** Whether the conversation is being handed over: a run ends before its next step then. */
  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  /** Whether what was going on was dropped without a write, so that another server has to repair it. */
  get isAbandoned(): boolean {
    return this.#isAbandoned;
  }

  /**
   * Ends a goal, and the run before its next step: its status stays as it is, for a server that goes on. A run that asks
   * about calls of a sub-agent is abandoned, because users take their time. Resolves when nothing goes on.
   */
  async leave(): Promise<void> {
    this.#isLeaving = true;
    await this.goal.close(CLOSE_WAIT);
    const settled = this.runs.settled();
    await Promise.race([settled, this.#asking()]);
    if (this.runs.active && this.#hasQuestion) this.abandon();
    await settled;
  }

  get #hasQuestion(): boolean {
    return hasQuestion(this.keeper.state);
  }

  /** Resolves once the run asks the user about calls of a sub-agent. */
  async #asking(): Promise<void> {
    while (!this.#hasQuestion) await this.keeper.statusAfter(this.status);
  }

  /**
   * Lets nothing more be stored or published, because the conversation is another server's by now, and ends the run.
   * It leaves memory then.
   */
  abandon(): void {
    this.#isAbandoned = true;
    // First: the interrupt below must not end what goes on elsewhere.
    this.workspace.leave();
    this.keeper.log.abandon(ownershipLost());
    void this.runs.interrupt(0);
  }

  /** Ends the run, then the tools. Sockets stay: they read the store and the feed. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.asides.close();
    // Before the run, so that its end does not look like a pause by the user.
    await this.goal.close(CLOSE_WAIT);
    await Promise.all([this.runs.close(CLOSE_WAIT), this.title.close()]);
    if (this.#isLeaving) this.workspace.leave();
    await this.#parts.agentRuns.close(CLOSE_WAIT);
    await this.subAgents.close();
    await this.session.close();
  }

  /** Reports the parts of a request that are not honoured in full, a sentence for each. */
  warnOf(warnings: readonly string[]): void {
    if (warnings.length === 0) return;
    const { id } = this.keeper.state;
    this.#parts.logger.warn({ conversation_id: id, warnings }, "A request is not honoured in full");
  }
}
