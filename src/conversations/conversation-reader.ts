import { EVERYTHING, isWithin, type Reach, type ReachFacts, reachesAll } from "../principal.ts";
import { alreadyExists, unknownConversation } from "../stores/refusals.ts";
import type { ConversationFilter, ConversationQuery, ConversationRecord, Store } from "../stores/store.ts";
import type { ConversationInfo, ConversationSortOrder, RuntimeInfo } from "../wire/conversation.ts";
import { isUuid, toDashed, toHex } from "../wire/ids.ts";
import { finalResponse } from "./final-response.ts";
import { InfoTexts } from "./info-texts.ts";
import { countReached, findReachFacts, reaches, searchReached } from "./reach/reached.ts";
import { listedDocuments, toConversationInfo, withShownAgent } from "./record/conversation-info.ts";
import type { DamageLog } from "./record/damage/damage-log.ts";
import { isConversationId, isDamaged } from "./record/damage/damaged.ts";
import { withLostSecrets } from "./record/state-update.ts";
import { type LiveCalls, withLiveCalls } from "./record/usage.ts";
import { AVAILABLE } from "./runtime-info.ts";

/** Parts of a `ConversationInfo` that are left out unless they are requested. */
export interface InfoQuery {
  /** Whether the agent's skills, which may be large, are included. Default: false. */
  includeSkills?: boolean;
}

/** The conversations that a caller reaches. Others are as if they did not exist. Default: all. */
export type Reached = { reach?: Reach | undefined };

/** A page of conversations. Default: of all, the newest first. */
export interface ConversationSearch extends InfoQuery, ConversationFilter, Reached {
  /** `next_page_id` of the page before; an unknown one starts from the beginning. */
  pageId?: string | undefined;
  /** 1 to 100. Default: 100. */
  limit?: number;
  /** Order of the page. Default: `CREATED_AT_DESC`, the newest first. */
  sortOrder?: ConversationSortOrder;
}

/** A page of a search. `next_page_id` is the `pageId` of the next one, null on the last. */
export interface ConversationPage {
  /** The conversations in the requested order. */
  items: ConversationInfo[];
  /** The `pageId` of the next page; null on the last. */
  next_page_id: string | null;
}

export interface ConversationReaderOptions {
  store: Store;
  /** Where conversations are said to live; shown on the wire with the id added. */
  persistenceDir: string;
  /** Names of the secrets of a conversation that must be set again. */
  lostSecrets: (record: ConversationRecord) => string[];
  damage: DamageLog;
  callsOf: LiveCalls;
  /** The state of the machine of a conversation. Default: it is always available. */
  runtimeOf?: ((record: ConversationRecord) => RuntimeInfo) | undefined;
}

/**
 * Reads conversations from the store. Every change of a live conversation reaches the store whole, so nothing is loaded
 * into memory for reading. Unknown conversations reject with `not_found`, damaged ones with `damaged`; lists and
 * batches leave a damaged one out and log it.
 */
export class ConversationReader {
  readonly #store: Store;
  readonly #persistenceDir: string;
  readonly #lostSecrets: (record: ConversationRecord) => string[];
  readonly #damage: DamageLog;
  readonly #callsOf: LiveCalls;
  readonly #runtimeOf: (record: ConversationRecord) => RuntimeInfo;
  readonly #texts = new InfoTexts();

  constructor(options: ConversationReaderOptions) {
    const { store, persistenceDir, lostSecrets, damage, runtimeOf = () => AVAILABLE } = options;
    this.#runtimeOf = runtimeOf;
    this.#callsOf = options.callsOf;
    this.#damage = damage;
    this.#lostSecrets = lostSecrets;
    this.#store = store;
    this.#persistenceDir = persistenceDir;
  }

  async get(id: string, query: InfoQuery = {}): Promise<ConversationInfo> {
    const documents = [...toListed(query), "calls"];
    const [record] = await this.#store.conversations.find([id], documents);
    if (record === undefined) throw unknownConversation(id);
    const whole = await withLiveCalls(record, this.#callsOf);
    const info = await this.#readable(whole, (readable) => this.#toInfo(readable, query));
    return { ...info, agent_state: withLostSecrets(info.agent_state, this.#lostSecrets(record)) };
  }

  /**
   * One entry for each id, in this order; null for an unknown one. Lists of single model calls are empty here and in
   * searches.
   */
  async batchGet(
    ids: readonly string[],
    query: InfoQuery & Reached = {},
  ): Promise<(ConversationInfo | null)[]> {
    const { reach = EVERYTHING } = query;
    const stored = await this.#store.conversations.find(ids, toListed(query));
    const records = stored.filter((record) => reaches(reach, record));
    const infos = await this.#readables(records, (record) => this.#toInfo(record, query));
    const byId = new Map(infos.map((info) => [info.id, info]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  async search(query: ConversationSearch = {}): Promise<ConversationPage> {
    const { records, next } = await this.#search(query);
    const items = await this.#readables(records, (record) => this.#toInfo(record, query));
    return { items, next_page_id: next };
  }

  /** As `search`, as JSON text. */
  async searchJson(query: ConversationSearch = {}): Promise<string> {
    const { records, next } = await this.#search(query);
    const items = await this.#readables(records, (record) => this.#toText(record, query));
    return `{"items":[${items.join(",")}],"next_page_id":${JSON.stringify(next)}}`;
  }

  count({ reach = EVERYTHING, ...filter }: ConversationFilter & Reached): Promise<number> {
    return countReached(this.#store, { ...filter, createdBy: reach.createdBy ?? filter.createdBy }, reach);
  }

  /** The facts that decide whether a conversation is reached; undefined for an unknown one. */
  reachFacts(id: string): Promise<ReachFacts | undefined> {
    return findReachFacts(this.#store, id);
  }

  /**
   * The message of the agent's newest finish call or its last words on the active branch; empty when there is neither.
   */
  async agentFinalResponse(id: string): Promise<string> {
    const [record] = await this.#store.conversations.find([id], []);
    if (record === undefined) throw unknownConversation(id);
    return finalResponse(this.#store, record);
  }

  /**
   * Rejects with `conflict` for a conversation that a caller does not reach, as for any id that is taken. Unknown ones
   * pass.
   */
  async assertReachable(id: string, reach: Reach): Promise<void> {
    const facts = reachesAll(reach) ? undefined : await this.reachFacts(id);
    if (facts !== undefined && !isWithin(reach, facts)) throw alreadyExists(id);
  }

  /** The conversation without the lists of single model calls; undefined for an unknown one. */
  async find(id: string, query: InfoQuery): Promise<ConversationInfo | undefined> {
    const [record] = await this.#store.conversations.find([id], toListed(query));
    return record && this.#readable(record, (readable) => this.#toInfo(readable, query));
  }

  /** The header of a conversation. Rejects with `not_found` for an unknown one. */
  async assertStored(id: string): Promise<ConversationRecord> {
    const [record] = await this.#store.conversations.find([id], []);
    if (record === undefined) throw unknownConversation(id);
    return record;
  }

  async #search(query: ConversationSearch): Promise<{ records: ConversationRecord[]; next: string | null }> {
    const { pageId, limit = 100, status, reach = EVERYTHING, sortOrder = "CREATED_AT_DESC" } = query;
    const wanted = { status, createdBy: reach.createdBy ?? query.createdBy, sortOrder };
    const from = await this.#firstOf(pageId, reach);
    const page = {
      ...{ ...wanted, limit: limit + 1, documents: toListed(query) },
      ...(from !== undefined && { from }),
    };
    const records = await searchReached(this.#store, page, reach);
    const next = await this.#firstNameable(records[limit], wanted);
    return { records: records.slice(0, limit), next: next === undefined ? null : toHex(next.id) };
  }

  /** The conversation that a page begins with. One that is not reached is like an unknown one. */
  async #firstOf(pageId: string | undefined, reach: Reach): Promise<string | undefined> {
    if (pageId === undefined || !isUuid(pageId)) return undefined;
    const id = toDashed(pageId);
    if (reachesAll(reach)) return id;
    const facts = await this.reachFacts(id);
    return facts !== undefined && isWithin(reach, facts) ? id : undefined;
  }

  /** The first record from this one on that a `pageId` can name: a damaged id may be any text. */
  async #firstNameable(
    record: ConversationRecord | undefined,
    wanted: Pick<ConversationQuery, "status" | "createdBy" | "sortOrder">,
  ): Promise<ConversationRecord | undefined> {
    let first = record;
    while (first !== undefined && !isConversationId(first.id)) {
      this.#damage.report(first.id, "id");
      const query = { ...wanted, from: first.id, limit: 2, documents: [] };
      [, first] = await this.#store.conversations.search(query);
    }
    return first;
  }

  #toInfo(record: ConversationRecord, { includeSkills = false }: InfoQuery): ConversationInfo {
    const info = toConversationInfo(record, {
      includeSkills,
      persistenceDir: this.#persistenceDir,
      onDamaged: (...about) => this.#damage.report(...about),
    });
    return { ...info, runtime_info: this.#runtimeOf(record) };
  }

  /** Texts without skills are kept: those are the ones that clients read again and again. */
  #toText(record: ConversationRecord, { includeSkills = false }: InfoQuery): string {
    // A kept text says that the machine is available, which the record does not know.
    const isKept = !includeSkills && this.#runtimeOf(record) === AVAILABLE;
    if (!isKept) return JSON.stringify(this.#toInfo(record, { includeSkills }));
    return this.#texts.textOf(record, () => this.#toInfo(record, {}));
  }

  /** Shows what is readable of several conversations. Those that are not are logged and left out. */
  async #readables<T>(
    records: readonly ConversationRecord[],
    show: (record: ConversationRecord) => T,
  ): Promise<T[]> {
    const shown = records.map(async (record) => {
      try {
        return [await this.#readable(record, show)];
      } catch (error) {
        if (!isDamaged(error)) throw error;
        this.#damage.report(record.id, "the conversation", error);
        return [];
      }
    });
    return (await Promise.all(shown)).flat();
  }

  /** Shows a conversation. One whose copy of the agent for showing is damaged is shown with the agent itself. */
  async #readable<T>(record: ConversationRecord, show: (record: ConversationRecord) => T): Promise<T> {
    try {
      return show(record);
    } catch (error) {
      if (!isDamaged(error)) throw error;
      const [withAgent] = await this.#store.conversations.find([record.id], ["agent"]);
      if (withAgent === undefined) throw error;
      const shown = show(withShownAgent(record, withAgent));
      this.#damage.report(record.id, "the agent as it is shown", error);
      return shown;
    }
  }
}

function toListed({ includeSkills = false }: InfoQuery): string[] {
  return listedDocuments({ includeSkills });
}
