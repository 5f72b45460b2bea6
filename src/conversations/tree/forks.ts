import { AgentServerError } from "../../errors.ts";
import { branchSpans } from "../../events/branch.ts";
import type { ConversationRecord, LogSpan } from "../../stores/store.ts";
import type { LiveContext } from "../live/conversation-context.ts";
import { assertOpenable } from "../live/opening-guard.ts";
import { readAgent } from "../record/conversation-documents.ts";
import { type LiveCalls, withLiveCalls } from "../record/usage.ts";
import type { Turns } from "../turns.ts";
import { FORKED_DOCUMENTS, type ForkOptions, forkedRecord } from "./forked-record.ts";

export interface ForksOptions {
  context: Pick<LiveContext, "store" | "clock" | "timestamps" | "unsealed" | "openingGuard">;
  callsOf: LiveCalls;
  /** Launches, forks and removals of one id come one after another. */
  turns: Turns;
}

/** Makes conversations that begin with the events of others. The source may run meanwhile, and is not loaded. */
export class Forks {
  readonly #options: ForksOptions;

  constructor(options: ForksOptions) {
    this.#options = options;
  }

  /**
   * Forks a conversation and resolves with the id of the fork, once it is stored whole.
   *
   * @throws AgentServerError `conflict` for an id that is taken, `not_found` for an unknown source or event,
   * `binding_required` for a source that is kept closed
   */
  fork(sourceId: string, options: ForkOptions = {}): Promise<string> {
    const id = options.id ?? this.#options.context.clock.newId();
    return this.#options.turns.take(id, () => this.#fork(sourceId, id, options));
  }

  async #fork(sourceId: string, id: string, options: ForkOptions): Promise<string> {
    const { store, timestamps, unsealed, openingGuard } = this.#options.context;
    const [existing] = await store.conversations.find([id], []);
    if (existing !== undefined) throw taken(id);
    const source = await this.#source(sourceId, options);
    assertOpenable(source, openingGuard);
    const change = forkedRecord(source, { id, now: timestamps.utcTimestamp(), options });
    const spans = await this.#spans(source, options);
    try {
      await store.commit({ ...change, copied: { conversationId: sourceId, spans } });
    } catch (error) {
      if (AgentServerError.is(error) && error.code === "conflict") throw taken(id);
      if (AgentServerError.is(error) && error.code === "not_found") throw unknownSource();
      throw error;
    }
    const open = unsealed.of(sourceId);
    if (open !== undefined) unsealed.keep(id, open);
    return id;
  }

  /** The record of the source. What its tools keep is that of its newest event, and goes with the whole log only. */
  async #source(id: string, { fromEventId = null }: ForkOptions): Promise<ConversationRecord> {
    const { conversations } = this.#options.context.store;
    const [record] = await conversations.find([id], FORKED_DOCUMENTS);
    if (record === undefined) throw unknownSource();
    const source = await withLiveCalls(record, this.#options.callsOf);
    if (fromEventId !== null) return source;
    const kept = readAgent(source).tools.map(({ name }) => `tool:${name}`);
    const [withKept = source] = await conversations.find([id], kept);
    return { ...source, documents: { ...withKept.documents, ...source.documents } };
  }

  async #spans(source: ConversationRecord, { fromEventId = null }: ForkOptions): Promise<LogSpan[]> {
    const { id: conversationId, eventCount } = source;
    if (fromEventId === null) return eventCount === 0 ? [] : [{ first: 0, last: eventCount - 1 }];
    const { events } = this.#options.context.store;
    const spans = await branchSpans({ events, conversationId, leafId: fromEventId });
    if (spans.length === 0) throw new AgentServerError("not_found", `Unknown from_event_id: ${fromEventId}`);
    return spans;
  }
}

function taken(id: string): AgentServerError {
  return new AgentServerError("conflict", `Conversation with id ${id} already exists`);
}

function unknownSource(): AgentServerError {
  return new AgentServerError("not_found", "Source conversation not found");
}
