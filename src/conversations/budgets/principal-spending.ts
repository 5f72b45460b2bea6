import { AgentServerError } from "../../errors.ts";
import { isObject } from "../../is-object.ts";
import type { Store } from "../../stores/store.ts";
import { type Spending, sumOf } from "./budget.ts";
import { SPENDING_DOCUMENTS, storedSpending, toSpending } from "./kept-budget.ts";

/** Kind of the documents, one for each principal. */
const KIND = "principal-budget";
/** Conversations read at a time. */
const PAGE = 50;
/** Milliseconds by which the clocks of servers may differ. */
const CLOCK_MARGIN = 60_000;
/** Attempts to write a document that others write, too. */
const ATTEMPTS = 20;
/** Number of removed conversations that are remembered, lest one count twice. */
const MAX_REMOVED_IDS = 1_000;

/** The stored part of a principal's spending. */
interface Account {
  /** Spending when the budget began. */
  base: Spending;
  /** Spending of conversations that are gone. */
  removed: Spending;
  /** Ids of the newest of them. */
  removedIds: readonly string[];
}

/** Conversations of a principal as they were read last. */
interface Known {
  spending: Map<string, Spending>;
  /** Those that changed before this moment are known. */
  since: string;
  uses: number;
}

/** Spending of all conversations of a principal. */
export interface PrincipalTotal {
  spent: Spending;
  /** Spending when the budget began. */
  base: Spending;
}

/**
 * Adds up what the conversations of each principal have used, from what is stored: another server on the same store
 * counts the same. Conversations that have not changed since are not read again.
 */
export class PrincipalSpending {
  readonly #store: Pick<Store, "conversations" | "documents">;
  readonly #known = new Map<string, Known>();

  constructor(store: Pick<Store, "conversations" | "documents">) {
    this.#store = store;
  }

  /** Remembers what was read of a principal until the returned function is called. */
  hold(principal: string): () => void {
    const known = this.#known.get(principal) ?? { spending: new Map(), since: "", uses: 0 };
    known.uses += 1;
    this.#known.set(principal, known);
    return () => {
      known.uses -= 1;
      if (known.uses === 0) this.#known.delete(principal);
    };
  }

  /** Resolves with what a principal has used so far. */
  async total(principal: string): Promise<PrincipalTotal> {
    const known = this.#known.get(principal) ?? { spending: new Map(), since: "", uses: 0 };
    await this.#refresh(principal, known);
    const { account } = await this.#read(principal);
    for (const id of account.removedIds) known.spending.delete(id);
    return { spent: sumOf([...known.spending.values(), account.removed]), base: account.base };
  }

  /** Begins the budget of a principal again: what was used so far does not count any more. */
  async restart(principal: string, spent: Spending): Promise<void> {
    await this.#change(principal, (account) => ({ ...account, base: spent }));
  }

  /** Keeps what a conversation has used that is about to be removed. */
  async keepRemoved(id: string): Promise<void> {
    const [record] = await this.#store.conversations.find([id], SPENDING_DOCUMENTS);
    // What a sub-agent has used counts in the conversation that it worked for.
    if (record === undefined || record.createdBy === null || record.agentOf !== undefined) return;
    const spent = storedSpending(record.documents);
    await this.#change(record.createdBy, (account) => {
      if (account.removedIds.includes(id)) return account;
      const removedIds = [...account.removedIds, id].slice(-MAX_REMOVED_IDS);
      return { ...account, removed: sumOf([account.removed, spent]), removedIds };
    });
  }

  /** Reads the conversations that have changed, newest first. */
  async #refresh(principal: string, known: Known): Promise<void> {
    let newest: string | undefined;
    for (let from: string | undefined; ; ) {
      const page = await this.#store.conversations.search({
        createdBy: principal,
        sortOrder: "UPDATED_AT_DESC",
        ...(from === undefined ? {} : { from }),
        limit: PAGE + 1,
        documents: SPENDING_DOCUMENTS,
      });
      newest ??= page[0]?.updatedAt;
      const changed = page.slice(0, PAGE).filter(({ updatedAt }) => updatedAt >= known.since);
      for (const { id, documents } of changed) known.spending.set(id, storedSpending(documents));
      from = page[PAGE]?.id;
      if (from === undefined || changed.length < PAGE) break;
    }
    if (newest !== undefined) known.since = new Date(Date.parse(newest) - CLOCK_MARGIN).toISOString();
  }

  async #read(principal: string): Promise<{ account: Account; revision: number | null }> {
    const document = await this.#store.documents.read(KIND, principal);
    const value: unknown = document === null ? {} : JSON.parse(document.json);
    const kept = isObject(value) ? value : {};
    const removedIds = Array.isArray(kept.removedIds) ? (kept.removedIds as string[]) : [];
    return {
      account: { base: toSpending(kept.base), removed: toSpending(kept.removed), removedIds },
      revision: document?.revision ?? null,
    };
  }

  async #change(principal: string, change: (account: Account) => Account): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const { account, revision: expected } = await this.#read(principal);
      const json = JSON.stringify(change(account));
      const outcome = await this.#store.documents.write([{ kind: KIND, name: principal, json, expected }]);
      if (outcome === "written") return;
    }
    throw new AgentServerError("unavailable", "The budget of the user is being changed by others; try again");
  }
}
