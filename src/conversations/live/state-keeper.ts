import { isDeepStrictEqual } from "node:util";
import type { EventLog, LogChange } from "../../events/event-log.ts";
import type { NewTransientEvent } from "../../events/stamp-event.ts";
import type { Used } from "../../limits/usage-windows.ts";
import type { LlmReply } from "../../llm/llm.ts";
import type { SecretRegistry } from "../../secrets/secret-registry.ts";
import type { LlmConfig } from "../../wire/agent/llm-config.ts";
import type { ConversationState } from "../../wire/conversation-state.ts";
import type { Event, NewEvent } from "../../wire/events/events.ts";
import { recordsFirst } from "../../wire/events/hook-records.ts";
import type { ExecutionStatus } from "../../wire/execution-status.ts";
import type { ConversationStats, Metrics } from "../../wire/metrics.ts";
import type { SecretSources } from "../../wire/secret-source.ts";
import { spentOnModels } from "../budgets/budget.ts";
import { withLlm } from "../launch/with-llm.ts";
import type { DocumentWriter } from "../record/document-writer.ts";
import { SHOWN_BY_EVENTS, type StateKey } from "../record/state-fields.ts";
import { fullState, stateUpdate } from "../record/state-update.ts";
import { openAccounts, recordCall, toSnapshots } from "../record/usage.ts";
import type { LiveContext } from "./conversation-context.ts";

export interface StateKeeperParts {
  /** As it was read from the store, secrets open. */
  state: ConversationState;
  log: EventLog;
  documents: DocumentWriter;
  /** The owner of the secrets: the state shows what the registry has. */
  secrets: SecretRegistry;
  context: Pick<LiveContext, "clock" | "timestamps" | "unsealed">;
  /** Called with what each call of a model has used. Default: nothing. */
  onCall?(used: Used): void;
  /** Called when something was added to the stats. Default: nothing. */
  onUsage?(stats: ConversationStats): void;
}

/**
 * The state of a conversation in memory and the log behind it. State, its update events and the stored documents change
 * in one commit. Memory changes first, so that every decision sees what was accepted last.
 */
export class StateKeeper {
  readonly state: Readonly<ConversationState>;
  readonly log: EventLog;
  readonly #parts: StateKeeperParts;
  /** Keys that changed in memory and go with the next commit. */
  readonly #unwritten = new Set<StateKey>();
  /** Whether the lists of single model calls have changed since they were stored. */
  #hasNewCalls = false;
  /** Called when the status changes. */
  readonly #awaitingStatus = new Set<() => void>();

  constructor(parts: StateKeeperParts) {
    const { state, secrets } = parts;
    this.#parts = parts;
    this.log = parts.log;
    this.state = Object.defineProperty(state, "secret_registry", {
      enumerable: true,
      get: () => ({ secret_sources: secrets.sources }),
    });
  }

  /** Appends events, together with every change of the state so far. */
  append(events: readonly NewEvent[]): Promise<Event[]> {
    return this.#commit(events);
  }

  /** Stores every change of the state so far without an event. The conversation counts as updated. */
  async store(): Promise<void> {
    await this.#commit([], { updatedAt: this.#parts.context.timestamps.utcTimestamp() });
  }

  /**
   * Assigns values and appends an update event for each that differs, then `reasons`, in one commit. Records of hooks
   * among them stand before the updates that they led to.
   */
  async update(changes: Partial<ConversationState>, reasons: readonly NewEvent[] = []): Promise<void> {
    const events = this.#withReasons(changes, reasons);
    if (events.length > 0) await this.append(events);
  }

  /** As `update`, but resolves as `EventLog.appendAhead` does. */
  async updateAhead(changes: Partial<ConversationState>, reasons: readonly NewEvent[]): Promise<void> {
    const events = this.#withReasons(changes, reasons);
    if (events.length > 0) await this.#write(events, (change) => this.log.appendAhead(events, change));
  }

  /**
   * Assigns values in memory and returns an update event for each that differs, but for the keys whose changes other
   * events show. The caller appends the events before it waits for anything.
   */
  assign(changes: Partial<ConversationState>): NewEvent[] {
    const keys = (Object.keys(changes) as StateKey[]).filter(
      (key) => !isDeepStrictEqual(this.state[key], changes[key]),
    );
    Object.assign(this.state, Object.fromEntries(keys.map((key) => [key, changes[key]])));
    for (const key of keys) this.#unwritten.add(key);
    if (keys.includes("execution_status")) this.#wake();
    return keys.filter((key) => !SHOWN_BY_EVENTS.has(key)).map((key) => stateUpdate(key, this.state[key]));
  }

  /** Resolves when the status is another one than this. */
  async statusAfter(status: ExecutionStatus): Promise<void> {
    while (this.state.execution_status === status) {
      await new Promise<void>((resolve) => this.#awaitingStatus.add(resolve));
    }
  }

  #wake(): void {
    const waiting = [...this.#awaitingStatus];
    this.#awaitingStatus.clear();
    for (const wake of waiting) wake();
  }

  /** Changes title and tags in one commit; null leaves them as they are. Only a change of the tags has an event. */
  async rename(changes: { title: string | null; tags: Record<string, string> | null }): Promise<void> {
    const { title, tags } = changes;
    const events = tags === null ? [] : this.assign({ tags });
    const updatedAt = this.#parts.context.timestamps.utcTimestamp();
    await this.#commit(events, title === null ? { updatedAt } : { updatedAt, title });
  }

  /**
   * Moves HEAD to an event, or before the first one, with an update event for each value that differs in one commit.
   */
  async moveHead(leafEventId: string | null, changes: Partial<ConversationState>): Promise<void> {
    const events = this.assign(changes);
    this.#assignSilently("head_is_empty", leafEventId === null);
    await this.#commit(events, { leafEventId });
  }

  /** Adds secrets; those with the name of an existing one replace it. No event shows them. */
  async setSecrets(sources: SecretSources): Promise<void> {
    this.#parts.secrets.add(sources);
    this.#unwritten.add("secret_registry");
    await this.#commit([]);
  }

  /**
   * Gives the agent another model, from its next call on. A condenser that had the agent's model has it again. Figures
   * go on under a `usage_id` that has some.
   */
  async switchLlm(llm: LlmConfig): Promise<void> {
    const events = this.assign({ agent: withLlm(this.state.agent, llm) });
    if (events.length === 0) return;
    // Before the first message there are no figures at all.
    if (Object.keys(this.state.stats.usage_to_metrics).length > 0) {
      openAccounts(this.state.stats, { llm, condenser: null });
      this.#unwritten.add("stats");
    }
    await this.append(events);
  }

  /** Adds zeros to the stats for the models of the agent that have no figures yet. Stored with the next commit. */
  openAccounts(): void {
    openAccounts(this.state.stats, this.state.agent);
    this.#unwritten.add("stats");
  }

  /** Adds the usage of a model call to the stats and returns the event that shows them. Stored with the next commit. */
  recordCall(call: Pick<LlmConfig, "usage_id" | "model">, reply: LlmReply): NewEvent {
    this.#count(call, reply);
    return this.#showStats();
  }

  /** Stores the usage of a model call that leaves no event, then publishes the stats. */
  async recordAside(call: Pick<LlmConfig, "usage_id" | "model">, reply: LlmReply): Promise<void> {
    this.#count(call, reply);
    this.#statsChanged();
    await this.store();
    this.log.publish(this.#shownStats());
  }

  /** Takes over what a sub-agent has used and returns the event that shows it. Stored with the next commit. */
  recordTask(usageId: string, metrics: Metrics): NewEvent {
    const { stats } = this.state;
    stats.usage_to_metrics[usageId] = metrics;
    return this.#showStats();
  }

  /** The document of the lists of single model calls. It is long, so that a run stores it once, as it ends. */
  calls(): Record<string, string> {
    return this.#parts.documents.calls(this.state);
  }

  /** Publishes the whole state. */
  publishFullState(): void {
    this.log.publish(this.#fullState());
  }

  /** Sends the whole state to receivers elsewhere alone. */
  mailFullState(): void {
    this.log.mail(() => this.#fullState());
  }

  #fullState(): NewTransientEvent {
    return fullState({ ...this.state, leaf_event_id: this.log.head }, this.#parts.secrets.lost);
  }

  #count({ usage_id: usageId, model }: Pick<LlmConfig, "usage_id" | "model">, reply: LlmReply): void {
    const at = this.#parts.context.clock.now() / 1000;
    const before = spentOnModels(this.state.stats);
    recordCall(this.state.stats, { usageId, model, reply, at });
    const { tokens, cost } = spentOnModels(this.state.stats);
    this.#parts.onCall?.({ tokens: tokens - before.tokens, cost: cost - before.cost });
  }

  #showStats(): NewEvent {
    this.#statsChanged();
    return this.#shownStats();
  }

  #statsChanged(): void {
    this.#unwritten.add("stats");
    this.#hasNewCalls = true;
    this.#parts.onUsage?.(this.state.stats);
  }

  #shownStats() {
    return stateUpdate("stats", toSnapshots(this.state.stats));
  }

  #withReasons(changes: Partial<ConversationState>, reasons: readonly NewEvent[]): NewEvent[] {
    const { records, events } = recordsFirst(reasons);
    return [...records, ...this.assign(changes), ...events];
  }

  #commit(events: readonly NewEvent[], update: LogChange["update"] = {}): Promise<Event[]> {
    return this.#write(events, (change) =>
      this.log.append(events, { ...change, update: { ...change.update, ...update } }),
    );
  }

  /** Assigns a key that no event shows. */
  #assignSilently<Key extends StateKey>(key: Key, value: ConversationState[Key]): void {
    if (this.state[key] === value) return;
    Object.assign(this.state, { [key]: value });
    this.#unwritten.add(key);
  }

  async #write<T>(events: readonly NewEvent[], write: (change: LogChange) => Promise<T>): Promise<T> {
    if (events.some(({ kind }) => kind !== "ConversationStateUpdateEvent")) {
      this.#assignSilently("head_is_empty", false);
    }
    const keys = [...this.#unwritten];
    this.#unwritten.clear();
    const calls = this.#takeCalls();
    const change = this.#toChange(keys, events);
    try {
      return await write(
        calls === null ? change : { ...change, documents: { ...change.documents, ...calls } },
      );
    } catch (error) {
      // Changes that the store refused go with the next commit.
      for (const key of keys) this.#unwritten.add(key);
      if (calls !== null) this.#hasNewCalls = true;
      throw error;
    }
  }

  /** The lists of single model calls, to be stored: null while a run goes on, and where they are stored already. */
  #takeCalls(): Record<string, string> | null {
    if (!this.#hasNewCalls || this.state.execution_status === "running") return null;
    this.#hasNewCalls = false;
    return this.calls();
  }

  /** A conversation counts as updated by every event that is not a mere state update. */
  #toChange(keys: readonly StateKey[], events: readonly NewEvent[]): LogChange {
    const { documents, context } = this.#parts;
    if (keys.includes("agent") || keys.includes("secret_registry")) this.#keepUnsealed();
    const change = documents.change(this.state, keys);
    if (events.every(({ kind }) => kind === "ConversationStateUpdateEvent")) return change;
    return { ...change, update: { ...change.update, updatedAt: context.timestamps.utcTimestamp() } };
  }

  #keepUnsealed(): void {
    const { secrets, context } = this.#parts;
    context.unsealed.keep(this.state.id, { agent: this.state.agent, secrets: secrets.sources });
  }
}
