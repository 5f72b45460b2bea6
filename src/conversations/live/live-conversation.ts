import { QUESTION_KEY } from "../../agent/loop/confirmation/questions.ts";
import { recoverRun } from "../../agent/loop/recovery.ts";
import type { StuckThresholds } from "../../agent/loop/stuck.ts";
import type { Runner } from "../../agent/runner.ts";
import type { Logger } from "../../logger.ts";
import type { Observers } from "../../observing/observers.ts";
import type { DocumentStore } from "../../stores/documents.ts";
import { ownershipLost } from "../../stores/refusals.ts";
import type { StoredEvent } from "../../stores/store.ts";
import type { LlmConfig } from "../../wire/agent/llm-config.ts";
import type { LaunchedAgentProfile } from "../../wire/conversation.ts";
import type { Event } from "../../wire/events/events.ts";
import type { SecretSources } from "../../wire/secret-source.ts";
import type { LazyWorkspace } from "../../workspace/lazy-workspace.ts";
import { allowedSecrets, isAllowedSecret } from "../launch/agent-profiles.ts";
import type { SubAgents } from "../sub-agents/sub-agents.ts";
import { Asides } from "./asides/asides.ts";
import { AutoTitle } from "./asides/auto-title.ts";
import type { Claim } from "./claims.ts";
import { GoalLoop } from "./goal/goal-loop.ts";
import { GoalNotes } from "./goal/goal-notes.ts";
import type { OpeningGuard } from "./opening-guard.ts";
import { AgentRuns } from "./runs/agent-runs.ts";
import type { RunClient } from "./runs/run-client.ts";
import { RunControl } from "./runs/run-control.ts";
import type { RunSlots } from "./runs/run-slots.ts";
import type { Takeovers } from "./runs/takeovers.ts";
import { SentMessages } from "./sent-messages.ts";
import type { RunSession } from "./session/run-session.ts";
import type { StateKeeper } from "./state-keeper.ts";

/** Milliseconds that closing waits for a run to answer its open calls, and then for its runner. */
const CLOSE_WAIT = 10_000;

export interface LiveConversationOptions {
  /** The claim under which the conversation is in memory. */
  claim: Claim;
  keeper: StateKeeper;
  session: RunSession;
  /** The machine the agent works on. The session closes it. */
  workspace: LazyWorkspace;
  /** Throws when the conversation asks for what this server must not leave out. */
  assertServed(): void;
  /** Rejects with `too_many_requests` when a call of a model outside of a run is beyond a final budget. */
  assertBudget(): Promise<void>;
  /** The sub-agents of the conversation. */
  subAgents: SubAgents;
  /** Makes the runner, at the first run. */
  createRunner(): Promise<Runner>;
  slots: RunSlots;
  /** The client that the conversation works for. */
  client: RunClient;
  /** Takes the notes of goals. */
  documents: DocumentStore;
  /** The stored events of the active branch, oldest first, in pages. */
  history(): AsyncIterable<readonly Event[]>;
  /** Finds a stored event. */
  findEvent(id: string): Promise<StoredEvent | undefined>;
  logger: Logger;
  /** Reads the model that titles are asked of; undefined for that of the agent. */
  titleModel: (() => Promise<LlmConfig>) | undefined;
  /** Whether the first message gives the conversation its title. */
  wantsTitle: boolean;
  /** Words of the client that ask for the title; null for our own. */
  titleRequest: string | null;
  /** Whether another conversation waits for what this one does. */
  isSubAgent: boolean;
  /** Whether the machine outlives its servers, so that it may know what became of calls that were cut short. */
  machineLasts: boolean;
  /** Counts the runs that go on after they were cut short. Default: none goes on. */
  takeovers?: Takeovers | undefined;
  /** The agent profile that it was launched from; null without one. */
  launched: LaunchedAgentProfile | null;
  /** Says what the conversation depends on. Default: on nothing. */
  openingGuard?: OpeningGuard | undefined;
  /** Gives the conversation one more plugin. */
  loadPlugin(reference: string): Promise<void>;
  /** Default: those of the agent. */
  stuckThresholds?: StuckThresholds | undefined;
  /** Watch the runs. Default: none. */
  observers?: Observers | undefined;
}

/** A conversation in memory: its state, its run and its title. `ConversationHandle` has the verbs. */
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
  readonly #logger: Logger;
  readonly #options: LiveConversationOptions;
  readonly #agentRuns: AgentRuns;
  #touchedAt = 0;
  #uses = 0;
  #closing: Promise<void> | undefined;
  #isLeaving = false;
  #isAbandoned = false;

  constructor(options: LiveConversationOptions) {
    const { claim, keeper, session, workspace, slots, client, logger } = options;
    this.#options = options;
    this.#agentRuns = new AgentRuns({
      ...{ keeper, session, logger, client, createRunner: options.createRunner },
      ...{ stuckThresholds: options.stuckThresholds, observers: options.observers },
      isLeaving: () => this.#isLeaving,
    });
    this.claim = claim;
    this.keeper = keeper;
    this.session = session;
    this.workspace = workspace;
    this.subAgents = options.subAgents;
    this.sent = new SentMessages(options.findEvent);
    const assertBudget = () => this.assertBudget();
    this.title = new AutoTitle({
      keeper,
      session,
      logger,
      model: options.titleModel,
      assertBudget,
      isWanted: options.wantsTitle,
      request: options.titleRequest,
    });
    this.asides = new Asides({
      ...{ session, title: this.title, assertBudget },
      runner: () => this.runner(),
    });
    this.#logger = logger;
    this.runs = new RunControl({
      slots,
      client,
      share: () => this.goal.share(),
      assertServed: () => options.assertServed(),
      run: (signal) => this.#agentRuns.run(signal),
      isRunning: () => this.status === "running",
      isIdle: () => this.status === "idle",
      ended: () => keeper.publishFullState(),
    });
    const { runs, title } = this;
    const notes = new GoalNotes(options.documents);
    this.goal = new GoalLoop({
      session,
      keeper,
      runs,
      title,
      notes,
      history: options.history,
      logger,
    });
  }

  /** Rejects with `too_many_requests` when a call of a model outside of a run is beyond a final budget. */
  assertBudget(): Promise<void> {
    return this.#options.assertBudget();
  }

  /** Gives the conversation one more plugin of its marketplaces. */
  loadPlugin(reference: string): Promise<void> {
    return this.#options.loadPlugin(reference);
  }

  /** Gives the runner, which is made when it is first needed. */
  runner(): Promise<Runner> {
    return this.#agentRuns.runner();
  }

  /** Tells an active run of a message that a run is to begin with. */
  supersede(): void {
    if (this.runs.active) this.#agentRuns.supersede();
  }

  /** Adds secrets, as far as the conversation may have them. */
  async setSecrets(sources: SecretSources): Promise<void> {
    await this.keeper.setSecrets(allowedSecrets(sources, this.#options.launched));
  }

  /** Stores what the conversation depends on from now on, where a client has brought it. */
  async noteBindings(): Promise<void> {
    const { openingGuard, launched } = this.#options;
    const { id, agent, agent_state: agentState } = this.keeper.state;
    const allowsSecret = (name: string) => isAllowedSecret(name, launched);
    const noted = openingGuard?.noted({ id, agent, agentState, allowsSecret });
    if (noted !== undefined) await this.keeper.update({ agent_state: noted });
  }

  get status() {
    return this.keeper.state.execution_status;
  }

  /** Whether the store says that a run was asking the user about calls of a sub-agent. */
  get hasCutQuestion(): boolean {
    return !this.runs.active && this.#hasQuestion;
  }

  get #hasQuestion(): boolean {
    return Object.hasOwn(this.keeper.state.agent_state, QUESTION_KEY);
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

  /**
   * Answers calls that the end of the process left open. A run that it cut short goes on where the server says so, or
   * else becomes an error. The calls of a machine that outlives its servers are answered by that run. A task that a
   * sub-agent had finished by then has its result.
   *
   * Rejects with `too_many_requests` when the run should go on and no slot is free: nothing has changed then.
   */
  recover(): Promise<void> {
    return this.#options.client.resumed(() => this.#recover());
  }

  async #recover(): Promise<void> {
    const { session, runs } = this;
    await session.readLog();
    const known = await this.subAgents.resultsOf(session.view.pending());
    // A run that has begun meanwhile answers its own calls.
    if (runs.active) return;
    const slot = (await this.#goesOn()) ? runs.reserve() : undefined;
    try {
      if (slot !== undefined) await this.#options.takeovers?.note();
      const { machineLasts } = this.#options;
      await recoverRun(session, { known, goesOn: slot !== undefined, machineLasts });
      if (slot !== undefined) runs.startOrFollow({ slot });
    } finally {
      slot?.release();
    }
  }

  /** Whether a run was cut short that is to go on. */
  async #goesOn(): Promise<boolean> {
    const { takeovers } = this.#options;
    const isCut = this.status === "running" || this.hasCutQuestion;
    if (!isCut || takeovers === undefined || (await takeovers.areTooMany())) return false;
    try {
      this.runs.assertServed();
      return true;
    } catch {
      return false;
    }
  }

  /** Whether another conversation waits for what this one does. */
  get isSubAgent(): boolean {
    return this.#options.isSubAgent;
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
    await this.#agentRuns.close(CLOSE_WAIT);
    await this.subAgents.close();
    await this.session.close();
  }

  /** Reports the parts of a request that are not honoured in full, a sentence for each. */
  warnOf(warnings: readonly string[]): void {
    if (warnings.length === 0) return;
    const { id } = this.keeper.state;
    this.#logger.warn({ conversation_id: id, warnings }, "A request is not honoured in full");
  }
}
