import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SQLInputValue } from "node:sqlite";
import { afterAll, expect, test } from "vitest";
import type { BashEventFilter } from "../../../src/stores/bash-events.ts";
import {
  appendBashEvent,
  findBashEvents,
  lastBashSeq,
  pruneBashEvents,
  searchBashEvents,
  unfinishedCommands,
} from "../../../src/stores/sqlite/bash-events.ts";
import { findConversations, searchConversations } from "../../../src/stores/sqlite/conversations.ts";
import { type Columns, Database, type Row } from "../../../src/stores/sqlite/database.ts";
import { listDocuments, readDocument, writeDocuments } from "../../../src/stores/sqlite/documents.ts";
import { findEvents, searchEvents } from "../../../src/stores/sqlite/events.ts";
import { insertMessages, listQueues, readMessages, totalsOf } from "../../../src/stores/sqlite/outbox.ts";
import { applyChange } from "../../../src/stores/sqlite/writes.ts";
import type { EventFilter } from "../../../src/stores/store.ts";

const folder = mkdtempSync(join(tmpdir(), "agent-server-plans-"));
const ID = "aaaaaaaa-0000-4000-8000-000000000001";

/** Keeps how SQLite means to answer each query. */
class ExplainedDatabase extends Database {
  plans: string[] = [];

  override get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    this.#explain(sql, values);
    return super.get(sql, ...values);
  }

  override all(sql: string, ...values: SQLInputValue[]): Row[] {
    this.#explain(sql, values);
    return super.all(sql, ...values);
  }

  override allUntil(isLast: (row: Row) => boolean, sql: string, ...values: SQLInputValue[]): Row[] {
    this.#explain(sql, values);
    return super.allUntil(isLast, sql, ...values);
  }

  override columnsUntil(
    isLast: (row: Columns) => boolean,
    sql: string,
    ...values: SQLInputValue[]
  ): Columns[] {
    this.#explain(sql, values);
    return super.columnsUntil(isLast, sql, ...values);
  }

  #explain(sql: string, values: SQLInputValue[]): void {
    for (const step of super.all(`EXPLAIN QUERY PLAN ${sql}`, ...values)) this.plans.push(`${step.detail}`);
  }
}

const database = new ExplainedDatabase(join(folder, "plans.db"));
afterAll(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

const time = "2026-01-01T00:00:00.000000";
const header = {
  createdAt: time,
  updatedAt: time,
  status: "idle",
  title: null,
  parentId: null,
  createdBy: null,
} as const;
const event = {
  seq: 0,
  id: "event-0",
  kind: "PauseEvent",
  source: "user",
  timestamp: time,
  body: null,
  json: "{}",
};
const bashEvent = {
  kind: "BashCommand",
  timestamp: time,
  commandId: null,
  order: null,
  isFinal: false,
  json: "{}",
};
applyChange(database, { conversationId: ID, create: { ...header, leafEventId: null }, events: [event] });
for (const scope of [null, ID]) appendBashEvent(database, scope, { ...bashEvent, id: "c1" });

/**
 * Fails when a query reads more than its page: a walk through a table without an index, or a sort. `json_each`: given
 * lists.
 */
function expectPageCost(query: () => void, walks: RegExp = /^$/): void {
  database.plans = [];
  query();
  expect(database.plans).not.toHaveLength(0);
  const costly = database.plans.filter(
    (step) => /TEMP B-TREE|^SCAN (?!json_each)/.test(step) && !walks.test(step),
  );
  expect(costly).toEqual([]);
}

test("lists of conversations walk an index in its order", () => {
  for (const sortOrder of ["CREATED_AT", "CREATED_AT_DESC", "UPDATED_AT", "UPDATED_AT_DESC"] as const) {
    for (const status of [undefined, "idle"] as const) {
      for (const from of [undefined, ID]) {
        for (const createdBy of [undefined, "ada"]) {
          const query = { sortOrder, status, createdBy, from, limit: 10, documents: ["state"] };
          // With neither filter nor start, SQLite calls the walk along the index a scan; the limit ends it.
          expectPageCost(() => searchConversations(database, query), /USING INDEX conversations_by_/);
        }
      }
    }
  }
});

test("every combination of event filters seeks in an index", () => {
  const values: Required<EventFilter> = {
    kind: "PauseEvent",
    source: "user",
    body: "text",
    timestampGte: time,
    timestampLt: "2027",
  };
  const names = Object.keys(values) as (keyof EventFilter)[];
  for (let chosen = 0; chosen < 2 ** names.length; chosen++) {
    const filter = Object.fromEntries(
      names.flatMap((name, bit) => (chosen & (1 << bit) ? [[name, values[name]]] : [])),
    );
    for (const order of ["asc", "desc"] as const) {
      for (const from of [undefined, 0]) {
        expectPageCost(() => searchEvents(database, ID, { ...filter, order, from, limit: 10 }));
      }
    }
  }
});

test("every combination of bash event filters seeks in an index, and so do all other reads of them", () => {
  const values: Required<BashEventFilter> = {
    kind: "BashOutput",
    commandId: "c1",
    timestampGte: time,
    timestampLt: "2027",
    orderGt: 0,
    afterSeq: 0,
    untilSeq: 100,
  };
  const names = Object.keys(values) as (keyof BashEventFilter)[];
  for (let chosen = 0; chosen < 2 ** names.length; chosen++) {
    const filter = Object.fromEntries(
      names.flatMap((name, bit) => (chosen & (1 << bit) ? [[name, values[name]]] : [])),
    );
    for (const direction of ["asc", "desc"] as const) {
      for (const from of [undefined, { timestamp: time, seq: 1 }]) {
        for (const scope of [null, ID]) {
          expectPageCost(() => searchBashEvents(database, scope, { ...filter, direction, from, limit: 10 }));
        }
      }
    }
  }
  expectPageCost(() => findBashEvents(database, ID, ["c1"]));
  expectPageCost(() => lastBashSeq(database), /USING COVERING INDEX bash|SEARCH bash_events/);
  expectPageCost(() => unfinishedCommands(database), /USING INDEX bash_commands_unfinished/);
  expectPageCost(() => pruneBashEvents(database, time));
});

test("looking up by id seeks in an index", () => {
  expectPageCost(() => findConversations(database, [ID], ["state"]));
  expectPageCost(() => findEvents(database, ID, ["event-0"]));
});

test("documents are read, listed and measured along an index", () => {
  const change = { kind: "setting", name: "theme", json: "1", expected: null };
  expectPageCost(() => writeDocuments(database, [change, { ...change, name: "other" }]));
  expectPageCost(() => readDocument(database, "setting", "theme"));
  expectPageCost(() => listDocuments(database, "setting"));
});

test("queues of messages are listed without a look at the messages, and read along an index", () => {
  insertMessages(database, [{ queue: "a", json: "1", at: 1 }]);
  // The names that were found, each of which leads to the next.
  expectPageCost(() => listQueues(database, { limit: 10 }), /^SCAN names$/);
  expect(database.plans.filter((step) => step.includes("outbox"))).toEqual([
    expect.stringContaining("USING COVERING INDEX outbox_by_queue"),
    expect.stringContaining("USING COVERING INDEX outbox_by_queue"),
  ]);
  expectPageCost(() => totalsOf(database, "a"));
  expectPageCost(() => readMessages(database, "a", { limit: 10 }));
});
