import assert from "node:assert/strict";
import type { Store } from "../stores/store.ts";
import { ADOPTION_CHECKS, deathChecks } from "./store-contract/adoption-checks.ts";
import { BASH_EVENT_CHECKS, command } from "./store-contract/bash-event-checks.ts";
import { COMMIT_CHECKS } from "./store-contract/commit-checks.ts";
import { CONVERSATION_CHECKS } from "./store-contract/conversation-checks.ts";
import { COPY_CHECKS } from "./store-contract/copy-checks.ts";
import { DOCUMENT_CHECKS } from "./store-contract/document-checks.ts";
import { EVENT_CHECKS } from "./store-contract/event-checks.ts";
import { OUTBOX_CHECKS } from "./store-contract/outbox-checks.ts";
import { OWNERSHIP_CHECKS } from "./store-contract/ownership-checks.ts";
import { RELAY_CHECKS } from "./store-contract/relay-checks.ts";
import { A, event, filtered, mixedLog, time } from "./store-contract/sample-log.ts";

/** One check of a contract, for any test runner. */
export interface ContractCheck {
  /** The required behaviour, as the name of a test. */
  name: string;
  /** Performs the check. Rejects with an `AssertionError` if the behaviour is missing. */
  run(): Promise<void>;
}

/** Abilities of a store that the port does not require. */
export interface StoreContractOptions {
  /** Closes a store and opens its data again. Default: durability is not checked. */
  reopen?(store: Store): Promise<Store> | Store;
  /**
   * Makes a node die, and resolves once the others count it as dead. Default: it is not checked what a death leads to.
   */
  kill?(store: Store, node: number): Promise<void>;
}

type Create = () => Promise<Store> | Store;

/**
 * Lists the checks of the `Store` port. `create` returns an empty store for each check, which closes it.
 *
 * @example
 * ```ts
 * for (const { name, run } of storeContract(() => memoryStore())) test(name, run);
 * ```
 */
export function storeContract(create: Create, options: StoreContractOptions = {}): ContractCheck[] {
  const { kill, reopen } = options;
  const all = { ...CHECKS, ...(kill && deathChecks(kill)) };
  const checks = Object.entries(all).map(([name, check]) => ({
    name,
    run: async () => {
      const store = await create();
      try {
        await check(store);
      } finally {
        await store.close().catch(() => undefined);
      }
    },
  }));
  return reopen === undefined ? checks : [...checks, durability(create, reopen)];
}

const CHECKS = {
  ...COMMIT_CHECKS,
  ...CONVERSATION_CHECKS,
  ...EVENT_CHECKS,
  ...COPY_CHECKS,
  ...BASH_EVENT_CHECKS,
  ...DOCUMENT_CHECKS,
  ...OUTBOX_CHECKS,
  ...OWNERSHIP_CHECKS,
  ...ADOPTION_CHECKS,
  ...RELAY_CHECKS,
};

function durability(create: Create, reopen: (store: Store) => Promise<Store> | Store): ContractCheck {
  return {
    name: "has everything again after it was closed and opened",
    run: async () => {
      const store = await create();
      await mixedLog(store, { state: '{"kept":true}' });
      await store.commit({ conversationId: A, update: { title: "Kept", leafEventId: "leaf" } });
      await store.bashEvents.append(A, command(1));
      await store.bashEvents.append(null, command(2));
      await store.documents.write([{ kind: "setting", name: "theme", json: '"dark"', expected: null }]);
      await store.outbox.append([{ queue: "receiver", json: '"waits"', at: 1 }]);
      const before = await everything(store);
      const again = await reopen(store);
      assert.deepEqual(await everything(again), before);
      const [theme] = await again.documents.list("setting");
      await again.documents.write([
        { kind: "setting", name: "theme", json: '"light"', expected: theme?.revision ?? null },
      ]);
      const later = await again.documents.read("setting", "theme");
      assert.ok((later?.revision ?? 0) > (theme?.revision ?? 0));
      await again.commit({ conversationId: A, events: [event(20)] });
      assert.deepEqual(await filtered(again, { timestampGte: time(19) }), [19, 20]);
      await again.close();
    },
  };
}

async function everything(store: Store): Promise<unknown> {
  return {
    conversations: await store.conversations.find([A], ["state"]),
    events: await store.events.search(A, { order: "asc", limit: 1_000 }),
    bashEvents: await store.bashEvents.search(A, { direction: "asc", limit: 1_000 }),
    unfinished: await store.bashEvents.unfinished(),
    documents: await store.documents.list("setting"),
    messages: await store.outbox.read("receiver", { limit: 10 }),
  };
}
