import { AgentServerError } from "../errors.ts";
import { countEvents, getEvent, getEvents, searchEvents } from "../events/event-search.ts";
import type { ConversationRecord, Store } from "../stores/store.ts";
import type { ConversationInfo, ConversationSortOrder } from "../wire/conversation.ts";
import type { ExecutionStatus } from "../wire/execution-status.ts";
import { isUuid, toDashed, toHex } from "../wire/ids.ts";
import { type EventCriteria, type EventSearch, toStoredFilter } from "./event-criteria.ts";
import { finalResponse } from "./final-response.ts";
import { listedDocuments, toConversationInfo } from "./record/conversation-info.ts";

/** What an info holds beside the usual: the skills of the agent, which may be large, are left out unless asked for. */
export interface InfoQuery {
  includeSkills?: boolean;
}

/** Which conversations are listed, and in what order. Default: all, the newest first. */
export interface ConversationSearch extends InfoQuery {
  pageId?: string | undefined;
  /** 1 to 100. Default: 100. */
  limit?: number;
  status?: ExecutionStatus | undefined;
  sortOrder?: ConversationSortOrder;
}

/** A page of a search. `next_page_id` is the `pageId` of the next one, null on the last. */
export interface ConversationPage {
  items: ConversationInfo[];
  next_page_id: string | null;
}

export interface ConversationReaderOptions {
  store: Store;
  /** Where conversations are said to live; shown on the wire with the id added. */
  persistenceDir: string;
}

/**
 * What can be asked about conversations. It is all read from the store, which every change of a live conversation
 * reaches whole, so nothing is opened for it. Unknown conversations reject with `not_found`.
 */
export class ConversationReader {
  readonly #store: Store;
  readonly #persistenceDir: string;

  constructor({ store, persistenceDir }: ConversationReaderOptions) {
    this.#store = store;
    this.#persistenceDir = persistenceDir;
  }

  async get(id: string, query: InfoQuery = {}): Promise<ConversationInfo> {
    const documents = [...toListed(query), "calls"];
    const [record] = await this.#store.conversations.find([id], documents);
    if (record === undefined) throw new AgentServerError("not_found");
    return this.#toInfo(record, query);
  }

  /** In the order asked for, null where there is none. Lists of single model calls are empty here and in searches. */
  async batchGet(ids: readonly string[], query: InfoQuery = {}): Promise<(ConversationInfo | null)[]> {
    const records = await this.#store.conversations.find(ids, toListed(query));
    const byId = new Map(records.map((record) => [record.id, record]));
    return ids.map((id) => {
      const record = byId.get(id);
      return record === undefined ? null : this.#toInfo(record, query);
    });
  }

  async search(query: ConversationSearch = {}): Promise<ConversationPage> {
    const { pageId, limit = 100, status, sortOrder = "CREATED_AT_DESC" } = query;
    const records = await this.#store.conversations.search({
      ...(status === undefined ? {} : { status }),
      ...(pageId !== undefined && isUuid(pageId) ? { from: toDashed(pageId) } : {}),
      sortOrder,
      limit: limit + 1,
      documents: toListed(query),
    });
    const next = records[limit];
    return {
      items: records.slice(0, limit).map((record) => this.#toInfo(record, query)),
      next_page_id: next === undefined ? null : toHex(next.id),
    };
  }

  count(status?: ExecutionStatus): Promise<number> {
    return this.#store.conversations.count(status);
  }

  /** What the agent said last: the message of its finish call or its last words; empty when there is none. */
  async agentFinalResponse(id: string): Promise<string> {
    await this.#assertStored(id, () => new AgentServerError("not_found"));
    return finalResponse(this.#store, id);
  }

  /** The JSON text of a page. */
  async searchEvents(id: string, search: EventSearch): Promise<string> {
    await this.#assertStored(id);
    return searchEvents(this.#store, id, { ...search, ...toStoredFilter(search) });
  }

  async countEvents(id: string, criteria: EventCriteria): Promise<number> {
    await this.#assertStored(id);
    return countEvents(this.#store, id, toStoredFilter(criteria));
  }

  /** The JSON text of an event, keys that are null included. Unknown event: `not_found`. */
  async getEvent(id: string, eventId: string): Promise<string> {
    await this.#assertStored(id);
    const event = await getEvent(this.#store, id, eventId);
    if (event === undefined) throw new AgentServerError("not_found", `Unknown event_id: ${eventId}`);
    return event;
  }

  /** The JSON text of a list in the order asked for, null where there is none. */
  async getEvents(id: string, eventIds: readonly string[]): Promise<string> {
    await this.#assertStored(id);
    return getEvents(this.#store, id, eventIds);
  }

  /** Undefined when there is none. */
  protected async find(id: string, query: InfoQuery): Promise<ConversationInfo | undefined> {
    const [record] = await this.#store.conversations.find([id], toListed(query));
    return record && this.#toInfo(record, query);
  }

  async #assertStored(id: string, refusal = () => unknownConversation(id)): Promise<void> {
    const [record] = await this.#store.conversations.find([id], []);
    if (record === undefined) throw refusal();
  }

  #toInfo(record: ConversationRecord, { includeSkills = false }: InfoQuery): ConversationInfo {
    return toConversationInfo(record, { includeSkills, persistenceDir: this.#persistenceDir });
  }
}

/** As the routes below `/events` say it. */
export function unknownConversation(id: string): AgentServerError {
  return new AgentServerError("not_found", `Conversation not found: ${id}`);
}

function toListed({ includeSkills = false }: InfoQuery): string[] {
  return listedDocuments({ includeSkills });
}
