import { errorEvent } from "../../../agent/error-classification.ts";
import { Confirmation } from "../../../agent/loop/confirmation/confirmation.ts";
import type { Extensions } from "../../../agent/loop/extensions/extensions.ts";
import type { AgentSession } from "../../../agent/loop/session.ts";
import type { ReplySlot } from "../../../agent/reply-slot.ts";
import type { AnalyzerServices } from "../../../agent/security/analyzer-host.ts";
import type { PromptView } from "../../../agent/view/prompt-view.ts";
import { closingError } from "../../../errors.ts";
import type { Llm, LlmReply } from "../../../llm/llm.ts";
import type { SecretMask } from "../../../secrets/masking/secret-mask.ts";
import type { Toolbox } from "../../../tools/toolbox/toolbox.ts";
import type { LlmConfigInput } from "../../../wire/agent/llm-config.ts";
import type { ConversationState } from "../../../wire/conversation-state.ts";
import type { Event, NewEvent } from "../../../wire/events/events.ts";
import type { Content } from "../../../wire/events/message.ts";
import type { LiveContext } from "../conversation-context.ts";
import { goalEvent, interrupted, readGoal } from "../goal/goal-status.ts";
import { maskEvent, needsMask } from "../masking/masked-event.ts";
import type { HoldGuard } from "../runs/hold-guard.ts";
import { addUserMessage } from "./add-user-message.ts";
import { type AnalyzerContext, analyzerServices } from "./analyzer-services.ts";
import { LiveReply } from "./live-reply.ts";
import type { LogView, ReadBranch } from "./log-view.ts";
import { Preparation, type PreparationParts } from "./preparation.ts";
import { SessionModels, type SessionModelsParts } from "./session-models.ts";

export interface RunSessionParts
  extends SessionModelsParts,
    Omit<PreparationParts, "context" | "session" | "signal"> {
  logView: LogView;
  /** Holds back what cannot be taken back. */
  guard: HoldGuard;
  context: Pick<LiveContext, "clock" | "createLlm" | "userDir" | "onActivity" | "observers"> &
    AnalyzerContext;
}

/** The session of a run: model, tools, extensions and the view of the log, each opened when it is first needed. */
export class RunSession implements AgentSession {
  readonly confirmation = new Confirmation(this);
  readonly models: SessionModels;
  readonly cutCalls = new Set<string>();
  readonly #parts: RunSessionParts;
  readonly #preparation: Preparation;
  #readingLog: Promise<void> | null = null;
  /** The reply that was begun last. */
  #reply: LiveReply | null = null;
  /** Aborted when the conversation closes. */
  readonly #closing = new AbortController();

  constructor(parts: RunSessionParts) {
    this.#parts = parts;
    this.models = new SessionModels(parts);
    this.#preparation = new Preparation({ ...parts, session: this, signal: this.#closing.signal });
  }

  get state(): Readonly<ConversationState> {
    return this.#parts.keeper.state;
  }

  get view(): PromptView {
    return this.#parts.logView.view;
  }

  get tools(): Toolbox {
    return this.#preparation.prepared.tools;
  }

  get extensions(): Extensions {
    return this.#preparation.prepared.extensions;
  }

  get analyzers(): AnalyzerServices {
    const { context, secrets } = this.#parts;
    const createLlm = (llm: LlmConfigInput) => this.models.createCounted(llm);
    return analyzerServices(context, { conversationId: this.state.id, secrets, createLlm });
  }

  get llm(): Llm {
    return this.models.ofAgent;
  }

  /** The mask of every value that output of the conversation must not show. */
  secretMask(): Promise<SecretMask> {
    return this.#parts.secrets.mask();
  }

  newId(): string {
    return this.#parts.context.clock.newId();
  }

  mayBegin(signal: AbortSignal): Promise<void> {
    return this.#parts.guard.pass(signal);
  }

  async append(events: readonly NewEvent[]): Promise<Event[]> {
    const stored = await this.#parts.keeper.append(events);
    this.#reply?.noteStored(stored);
    return stored;
  }

  update(changes: Partial<ConversationState>, reasons: readonly NewEvent[] = []): Promise<void> {
    if (!reasons.some(needsMask)) return this.#update(changes, reasons);
    return this.#masked(reasons).then((masked) => this.#update(changes, masked));
  }

  async updateAhead(changes: Partial<ConversationState>, reasons: readonly NewEvent[]): Promise<void> {
    const masked = reasons.some(needsMask) ? await this.#masked(reasons) : reasons;
    await this.#parts.keeper.updateAhead(changes, masked);
  }

  recordReply(reply: LlmReply): void {
    this.models.recordReply(reply);
  }

  openReply(): ReplySlot {
    const { keeper, context } = this.#parts;
    const { onActivity } = context;
    this.#reply = new LiveReply({ id: this.newId(), log: keeper.log, onActivity });
    return this.#reply;
  }

  /** Value of the last event about a goal, as it is stored; undefined without one. Known once the log is read. */
  get lastGoal(): unknown {
    return this.#parts.logView.lastGoal;
  }

  /** Reads the log into the view, once. A goal whose loop ended with its process is interrupted by that. */
  readLog(): Promise<void> {
    this.#readingLog ??= this.#readLog().catch((error: unknown) => {
      this.#readingLog = null;
      throw error;
    });
    return this.#readingLog;
  }

  async #readLog(): Promise<void> {
    await this.#parts.logView.read();
    const goal = readGoal(this.lastGoal);
    if (goal?.active) await this.append([goalEvent(interrupted(goal))]);
  }

  /**
   * Reads the branch that ends with an event; null for the one without events. Undefined for an event that is not
   * stored.
   */
  readBranch(leafId: string | null): Promise<ReadBranch | undefined> {
    return this.#parts.logView.readBranch(leafId);
  }

  /**
   * Makes a branch the active one, at the moment in which HEAD moves to its end and nothing is being stored. A branch
   * without a system prompt gets one with its first message.
   */
  adopt(branch: ReadBranch): void {
    this.#parts.logView.adopt(branch);
    this.confirmation.reset();
    this.#preparation.moved(branch);
  }

  /** Resolves when no CondensationRequest is open, after the next event at the earliest. */
  requestAnswered(): Promise<void> {
    return this.#parts.logView.requestAnswered();
  }

  /** Reads the log and opens tools and extensions, once. After a failure the next call tries again. */
  prepare(): Promise<void> {
    return this.#preparation.prepare();
  }

  /** Appends the system prompt, unless the log has it. */
  async writePrompt(): Promise<void> {
    const { prompt } = this.#preparation.prepared;
    await prompt.read();
    if (prompt.isDue) await prompt.append((events) => events);
  }

  /**
   * Stores a message of the user, unless an extension throws. A finished or stuck conversation becomes idle. Calls that
   * wait for confirmation are rejected by it. Its event gets the id that is given, or a new one.
   */
  async addUserMessage(content: Content[], id = this.newId()): Promise<{ isBlocked: boolean }> {
    await this.prepare();
    const { extensions, prompt } = this.#preparation.prepared;
    const { keeper } = this.#parts;
    const signal = this.#closing.signal;
    return addUserMessage({ id, content }, { session: this, keeper, extensions, prompt, signal });
  }

  /** Records a failure that the agent could not record itself. */
  async fail(error: unknown): Promise<void> {
    await this.update({ execution_status: "error" }, [errorEvent(error)]);
  }

  /** Closes what was opened, and the log. */
  async close(): Promise<void> {
    // Who waits for the extensions hears why.
    this.#closing.abort(closingError("The conversation is closed"));
    await this.#preparation.close();
    await this.#parts.workspace.close();
    await this.#parts.keeper.log.close();
  }

  async #update(changes: Partial<ConversationState>, reasons: readonly NewEvent[]): Promise<void> {
    await this.#parts.keeper.update(changes, reasons);
    this.#reply?.noteStored(reasons);
  }

  async #masked(reasons: readonly NewEvent[]): Promise<NewEvent[]> {
    const mask = await this.#parts.secrets.mask();
    return Promise.all(reasons.map((event) => maskEvent(event, mask)));
  }
}
