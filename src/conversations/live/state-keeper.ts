import { isDeepStrictEqual } from "node:util";
import { errorEvent } from "../../agent/error-classification.ts";
import { type Extensions, mergeChanges } from "../../agent/loop/extensions.ts";
import type { AgentSession } from "../../agent/loop/session.ts";
import { systemPromptEvent } from "../../agent/system-prompt/system-prompt-event.ts";
import { PromptView } from "../../agent/view/prompt-view.ts";
import type { Clock } from "../../clock.ts";
import { messageOf } from "../../errors.ts";
import type { EventLog, LogChange } from "../../events/event-log.ts";
import type { Timestamps } from "../../events/timestamp.ts";
import type { CompletionLog } from "../../llm/decorators/with-completion-log.ts";
import type { Llm, LlmDelta, LlmReply } from "../../llm/llm.ts";
import type { SecretRegistry } from "../../secrets/secret-registry.ts";
import type { Toolbox } from "../../tools/toolbox/toolbox.ts";
import type { LlmConfig } from "../../wire/agent/llm-config.ts";
import type { ConversationState } from "../../wire/conversation-state.ts";
import type { Event, NewEvent } from "../../wire/events/events.ts";
import type { Content } from "../../wire/events/message.ts";
import type { SecretSources } from "../../wire/secret-source.ts";
import type { DocumentWriter } from "../record/document-writer.ts";
import { fullState, stateUpdate } from "../record/state-update.ts";
import type { UnsealedSecrets } from "../record/unsealed-secrets.ts";
import { openAccounts, recordCall, toSnapshots } from "../record/usage.ts";
import type { ConversationWorkspace } from "./conversation-workspace.ts";
import { maskedLlm } from "./masked-llm.ts";
import { admitMessage } from "./user-message.ts";

/** The model that a configuration names; `onCompletion` hears of its calls when it has `log_completions`. */
export type CreateLlm = (config: LlmConfig, onCompletion: (log: CompletionLog) => void) => Llm;

/** Everything a live conversation stands on. */
export interface SessionParts {
  state: ConversationState;
  log: EventLog;
  documents: DocumentWriter;
  unsealed: UnsealedSecrets;
  workspace: ConversationWorkspace;
  secrets: SecretRegistry;
  clock: Clock;
  timestamps: Timestamps;
  createLlm: CreateLlm;
  openTools: () => Promise<Toolbox>;
  openExtensions: () => Promise<Extensions>;
  /** Text of the agent's own security policy, if it has one. */
  readPolicy: () => Promise<string | undefined>;
  /** JSON texts of the stored events up to this `seq`, oldest first, in pages. */
  history: (untilSeq: number) => AsyncIterable<readonly string[]>;
}

type Changes = Partial<ConversationState>;

/**
 * One conversation in memory: its state, and the log behind it. State, the events that tell of it and the stored
 * documents change in one commit; memory changes first, so that every decision is taken on what was accepted last.
 */
export class ConversationSession implements AgentSession {
  readonly state: ConversationState;
  readonly log: EventLog;
  readonly secrets: SecretRegistry;
  readonly #parts: SessionParts;
  readonly #unwritten = new Set<keyof ConversationState>();
  #llm: { config: LlmConfig; model: Llm } | null = null;
  #view: PromptView | null = null;
  #hasPrompt = false;
  #policy: string | undefined;
  #workingDir = "";
  #reading: Promise<void> | null = null;
  /** Events that came while the view was still reading the log. */
  #arrived: Event[] = [];
  #tools: Toolbox | null = null;
  #preparing: Promise<void> | null = null;
  #extensions: Extensions | null = null;
  /** What extensions add behind the system prompt. */
  #opening: NewEvent[] = [];
  /** Aborted when the conversation closes. */
  readonly #closing = new AbortController();

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.state = parts.state;
    this.log = parts.log;
    this.secrets = parts.secrets;
  }

  get view(): PromptView {
    if (this.#view === null) throw new Error("The log was not read yet");
    return this.#view;
  }

  get tools(): Toolbox {
    if (this.#tools === null) throw new Error("The tools were not opened yet");
    return this.#tools;
  }

  get extensions(): Extensions {
    if (this.#extensions === null) throw new Error("The extensions were not opened yet");
    return this.#extensions;
  }

  get llm(): Llm {
    const config = this.state.agent.llm;
    if (this.#llm?.config !== config) this.#llm = { config, model: this.createLlm(config) };
    return this.#llm.model;
  }

  /** A model that shows no secret value, and whose calls are logged here if its configuration asks for that. */
  createLlm(config: LlmConfig): Llm {
    const llm = this.#parts.createLlm(config, (log) => {
      // Not waited for. A closed conversation takes none.
      this.#logCompletion(log).catch(() => {});
    });
    return maskedLlm(llm, this.secrets);
  }

  /** Called by the log with every event, in order, once it is stored. */
  follow(events: readonly Event[]): void {
    if (this.#reading !== null && this.#view === null) this.#arrived.push(...events);
    for (const event of events) this.#view?.add(event);
  }

  /** Reads the log into the view, once. */
  readLog(): Promise<void> {
    this.#reading ??= this.#readLog().catch((error: unknown) => {
      this.#reading = null;
      this.#arrived = [];
      throw error;
    });
    return this.#reading;
  }

  /** Opens view and tools, once; a failure is forgotten, so that the next message or run tries again. */
  prepare(): Promise<void> {
    this.#preparing ??= this.#prepare().catch((error: unknown) => {
      this.#preparing = null;
      throw error;
    });
    return this.#preparing;
  }

  async append(events: readonly NewEvent[]): Promise<Event[]> {
    const keys = this.#takeUnwritten();
    try {
      return await this.log.append(events, this.#toChange(keys, events));
    } catch (error) {
      this.#keepUnwritten(keys);
      throw error;
    }
  }

  async update(changes: Changes, reasons: readonly NewEvent[] = []): Promise<void> {
    const events = [...this.assign(changes), ...reasons];
    if (events.length > 0) await this.append(events);
  }

  /**
   * Changes the state in memory and gives the events that tell of it, one for each key whose value differs.
   * The caller appends them before it waits for anything.
   */
  assign(changes: Changes): NewEvent[] {
    const keys = (Object.keys(changes) as (keyof ConversationState)[]).filter(
      (key) => !isDeepStrictEqual(this.state[key], changes[key]),
    );
    Object.assign(this.state, Object.fromEntries(keys.map((key) => [key, changes[key]])));
    for (const key of keys) this.#unwritten.add(key);
    return keys.map((key) => stateUpdate(key, this.state[key]));
  }

  /** Stores what changed in place without telling anyone, for example secrets. */
  async store(key: keyof ConversationState): Promise<void> {
    const keys = [...this.#takeUnwritten(), key];
    try {
      await this.log.commit(this.#toChange(keys, []));
    } catch (error) {
      this.#keepUnwritten(keys);
      throw error;
    }
  }

  /** Returns the events that must be in the log before any other: the system prompt, and what extensions add to it. */
  takePrompt(): NewEvent[] {
    const opening = this.#opening.splice(0);
    if (this.#hasPrompt) return opening;
    this.#hasPrompt = true;
    const { agent, secret_registry: registry } = this.state;
    const secrets = Object.entries(registry.secret_sources).map(([name, { description }]) => ({
      name,
      description,
    }));
    const { clock } = this.#parts;
    const workingDir = this.#workingDir;
    const securityPolicy = this.#policy;
    return [
      systemPromptEvent({ agent, tools: this.tools, secrets, now: clock.now(), workingDir, securityPolicy }),
      ...opening,
    ];
  }

  /** Stores a message, unless an extension throws. A finished or stuck conversation becomes idle. */
  async addUserMessage(content: Content[]): Promise<{ isBlocked: boolean }> {
    await this.prepare();
    const moment = { session: this, signal: this.#closing.signal };
    const verdicts = await this.extensions.userMessage(content, moment);
    const message = admitMessage(this.#parts.clock.newId(), content, verdicts);
    const settled = this.state.execution_status === "finished" || this.state.execution_status === "stuck";
    await this.append([
      ...(settled ? this.assign({ execution_status: "idle" }) : []),
      ...this.takePrompt(),
      ...message.events,
      ...this.assign(message.changes(this.state)),
    ]);
    return message;
  }

  newId(): string {
    return this.#parts.clock.newId();
  }

  recordReply(reply: LlmReply): void {
    const { usage_id: usageId, model } = this.state.agent.llm;
    recordCall(this.state.stats, { usageId, model, reply, at: this.#parts.clock.now() / 1000 });
    this.#unwritten.add("stats");
    // Not waited for, so that it shares a commit with what the reply brings; if it fails, that is refused too.
    this.append([stateUpdate("stats", toSnapshots(this.state.stats))]).catch(() => {});
  }

  /** Books a call from beside the agent's work. It is stored and told of with whatever comes next. */
  recordSideReply(usageId: string, reply: LlmReply): void {
    const { model } = this.state.agent.llm;
    recordCall(this.state.stats, { usageId, model, reply, at: this.#parts.clock.now() / 1000 });
    this.#unwritten.add("stats");
  }

  /** Changes title and tags in one commit; null leaves them as they are. Only the tags are told of by an event. */
  async rename({
    title,
    tags,
  }: {
    title: string | null;
    tags: Record<string, string> | null;
  }): Promise<void> {
    const events = tags === null ? [] : this.assign({ tags });
    const keys = this.#takeUnwritten();
    const change = this.#toChange(keys, []);
    const update = { ...change.update, updatedAt: this.#parts.timestamps.utcTimestamp() };
    try {
      await this.log.append(events, { ...change, update: title === null ? update : { ...update, title } });
    } catch (error) {
      this.#keepUnwritten(keys);
      throw error;
    }
  }

  async setSecrets(sources: SecretSources): Promise<void> {
    this.secrets.add(sources);
    this.state.secret_registry = { secret_sources: this.secrets.sources };
    await this.store("secret_registry");
  }

  publishDelta(delta: LlmDelta): void {
    this.log.publish({
      kind: "StreamingDeltaEvent",
      source: "agent",
      content: null,
      reasoning_content: null,
      ...delta,
    });
  }

  publishFullState(): void {
    this.log.publish(fullState({ ...this.state, leaf_event_id: this.log.head }, this.secrets.lost));
  }

  /** The run could not go on for a reason that the agent did not tell of itself. */
  async fail(error: unknown): Promise<void> {
    const detail = await (await this.secrets.mask()).maskLong(messageOf(error));
    await this.update({ execution_status: "error" }, [errorEvent(error, detail)]);
  }

  async storeCalls(): Promise<void> {
    await this.log.commit({ documents: this.#parts.documents.calls(this.state) });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#preparing?.catch(() => {});
    await this.#extensions?.close(this.state.id);
    await this.#tools?.close();
    await this.#parts.workspace.close();
    await this.log.close();
  }

  /** Short values stay: they would be found in the image data that a prompt may have. */
  async #logCompletion(log: CompletionLog): Promise<void> {
    const mask = (await this.secrets.mask()).withoutShortValues;
    const masked = { ...log, log_data: await mask.maskLong(log.log_data) };
    await this.append([{ kind: "LLMCompletionLogEvent", source: "environment", ...masked }]);
  }

  async #prepare(): Promise<void> {
    await this.readLog();
    if (!this.#hasPrompt) this.#policy = await this.#parts.readPolicy();
    this.#tools = await this.#parts.openTools();
    this.#workingDir = (await this.#parts.workspace.get()).info.workingDir;
    await this.#openExtensions();
    openAccounts(this.state.stats, this.state.agent);
    this.#unwritten.add("stats");
  }

  /** A failure also closes the tools: the next attempt starts with the agent's own. */
  async #openExtensions(): Promise<void> {
    const { id } = this.state;
    const extensions = await this.#parts.openExtensions();
    try {
      const changes = await extensions.start({ session: this, signal: this.#closing.signal });
      const { state, events } = mergeChanges(changes);
      this.#opening = [...this.assign(state), ...events];
      this.#extensions = extensions;
    } catch (error) {
      await Promise.all([extensions.close(id), this.#tools?.close()]);
      throw error;
    }
  }

  async #readLog(): Promise<void> {
    const view = new PromptView();
    for await (const page of this.#parts.history(this.log.lastSeq)) {
      for (const text of page) this.#read(view, JSON.parse(text) as Event);
    }
    for (const event of this.#arrived.splice(0)) this.#read(view, event);
    this.#view = view;
  }

  #read(view: PromptView, event: Event): void {
    if (event.kind === "SystemPromptEvent") this.#hasPrompt = true;
    view.add(event);
  }

  #takeUnwritten(): (keyof ConversationState)[] {
    const keys = [...this.#unwritten];
    this.#unwritten.clear();
    return keys;
  }

  /** What the store refused goes with the next commit. */
  #keepUnwritten(keys: readonly (keyof ConversationState)[]): void {
    for (const key of keys) this.#unwritten.add(key);
  }

  /** A conversation counts as touched by everything but mere state updates. */
  #toChange(keys: readonly (keyof ConversationState)[], events: readonly NewEvent[]): LogChange {
    const { documents, unsealed } = this.#parts;
    const change = documents.change(this.state, keys);
    const { agent, secret_registry: registry } = this.state;
    if (keys.includes("agent") || keys.includes("secret_registry")) {
      unsealed.keep(this.state.id, { agent, secrets: registry.secret_sources });
    }
    if (events.every(({ kind }) => kind === "ConversationStateUpdateEvent")) return change;
    return { ...change, update: { ...change.update, updatedAt: this.#parts.timestamps.utcTimestamp() } };
  }
}
