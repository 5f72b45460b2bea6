import { describe, expect, it } from "vitest";
import { countReached, findReachFacts, searchReached } from "../../src/conversations/reach/reached.ts";
import { AgentServerError } from "../../src/errors.ts";
import { callerOf, clientOf, OPERATOR } from "../../src/http/access/caller.ts";
import { conceal } from "../../src/http/access/concealment.ts";
import { assertScope, namesConversation, type RouteAccess } from "../../src/http/access/route-access.ts";
import { EVERYTHING, isWithin, type Reach, reachesAll } from "../../src/principal.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import type { ConversationQuery, Store } from "../../src/stores/store.ts";

const RED = { tags: { team: "red" } };

describe("a conversation is reached", () => {
  it.each<[Reach, boolean]>([
    [{}, true],
    [{ createdBy: "ada" }, true],
    [{ createdBy: "bob" }, false],
    [{ createdBy: "" }, false],
    [{ tags: {} }, true],
    [{ tags: { team: "red" } }, true],
    [{ tags: { team: "red", level: "1" } }, true],
    [{ tags: { team: "blue" } }, false],
    [{ tags: { team: "red", level: "2" } }, false],
    [{ tags: { level: "2", team: "red" } }, false],
    [{ tags: { group: "red" } }, false],
    [{ createdBy: "ada", tags: { team: "red" } }, true],
    [{ createdBy: "bob", tags: { team: "red" } }, false],
    [{ createdBy: "ada", tags: { team: "blue" } }, false],
  ])("by %j: %s, where Ada made it with tags of her team", (reach, isReached) => {
    expect(isWithin(reach, { createdBy: "ada", tags: { team: "red", level: "1" } })).toBe(isReached);
  });

  it("by its own tags only, whatever every object has", () => {
    const facts = { createdBy: null, tags: {} };
    expect(isWithin({ tags: { constructor: Object as unknown as string } }, facts)).toBe(false);
    expect(isWithin({ createdBy: "null" }, facts)).toBe(false);
  });

  it("always, only by a caller without any condition", () => {
    const reaches: Reach[] = [EVERYTHING, { createdBy: "ada" }, RED, { createdBy: "ada", ...RED }];
    expect(reaches.map(reachesAll)).toEqual([true, false, false, false]);
  });
});

describe("a principal of the host", () => {
  it("works with what it has created, unless its host says more", () => {
    const own = { createdBy: "ada" };
    const callers = [
      callerOf({ id: "ada" }),
      callerOf({ id: "ada", access: { scope: "read" } }),
      callerOf({ id: "ada", access: { scope: "read", conversations: "own" } }),
      callerOf({ id: "ada", access: { scope: "read", conversations: "all" } }),
      callerOf({ id: "ada", access: { scope: "admin" } }),
      callerOf({ id: "ada", access: { scope: "admin", conversations: "own" } }),
    ];
    expect(callers.map(({ scope, reach }) => [scope, reach])).toEqual([
      ["write", own],
      ["read", own],
      ["read", own],
      ["read", {}],
      ["admin", {}],
      ["admin", {}],
    ]);
  });

  it("is counted by its id, and a key apart from its owner", () => {
    expect(clientOf(OPERATOR)).toEqual({ principalId: null });
    expect(clientOf(callerOf({ id: "ada" }))).toEqual({ principalId: "ada" });
    expect(clientOf({ ...callerOf({ id: "ada" }), keyId: "k" })).toEqual({
      principalId: "ada",
      key: { id: "k", limits: {} },
    });
  });
});

describe("a scope", () => {
  const ACCESSES: readonly RouteAccess[] = [
    ...(["open", "read", "read:conversation", "read:reachable"] as const),
    ...(["write:conversation", "write:reachable", "admin"] as const),
  ];

  it.each([
    ["read", 4],
    ["write", 6],
    ["admin", 7],
  ] as const)("%s is enough for the first %i kinds of routes", (scope, count) => {
    const allowed = ACCESSES.filter((access) => {
      try {
        assertScope(scope, access);
        return true;
      } catch (error) {
        expect(AgentServerError.is(error) && error.code).toBe("forbidden");
        return false;
      }
    });
    expect(allowed).toEqual(ACCESSES.slice(0, count));
  });

  it("is about the conversations of a path for two kinds of routes", () => {
    expect(ACCESSES.filter(namesConversation)).toEqual(["read:conversation", "write:conversation"]);
  });
});

describe("what a caller does not reach", () => {
  const ALIAS = "0a0a0a0a-0b0b-4c0c-8d0d-0e0e0e0e0e0e";
  const [OWN, FOREIGN, UNKNOWN] = [1, 2, 3].map(idOf) as [string, string, string];
  const options = {
    newId: () => ALIAS,
    find: async (id: string) =>
      id === UNKNOWN ? undefined : { createdBy: id === OWN ? "ada" : "bob", tags: {} },
  };
  const reach = { createdBy: "ada" };

  it.each(["conversation_id", "runtime_conversation_id"])("is not named to a route by %s", async (name) => {
    expect((await conceal({ [name]: FOREIGN, other: 1 }, reach, options))?.params).toEqual({
      [name]: ALIAS,
      other: 1,
    });
    for (const params of [{ [name]: OWN }, { [name]: UNKNOWN }, { [name]: 7 }, {}]) {
      expect(await conceal(params, reach, options)).toBeUndefined();
    }
    expect(await conceal({ [name]: FOREIGN }, EVERYTHING, options)).toBeUndefined();
  });

  it("is hidden also next to a conversation that is reached", async () => {
    const both = { conversation_id: OWN, runtime_conversation_id: FOREIGN };
    expect((await conceal(both, reach, options))?.params).toEqual({
      ...both,
      runtime_conversation_id: ALIAS,
    });
  });

  it("has its name in answers and errors, in both spellings", async () => {
    const concealed = await conceal({ conversation_id: FOREIGN }, reach, options);
    const hex = (id: string) => id.replaceAll("-", "");
    const body = `no ${ALIAS}, no ${hex(ALIAS)}, no ${ALIAS}`;
    const revealed = `no ${FOREIGN}, no ${hex(FOREIGN)}, no ${FOREIGN}`;
    const answer = { status: 404, headers: {}, body };
    expect(concealed?.reveal(answer)).toEqual({ ...answer, body: revealed });
    const response = new Response("as it is");
    expect(concealed?.reveal(response)).toBe(response);
    const empty = { ...answer, body: null };
    expect(concealed?.reveal(empty)).toBe(empty);
    const error = new AgentServerError("not_found", { detail: body }, { headers: { a: "b" } });
    expect(concealed?.revealError(error)).toMatchObject({
      ...{ code: "not_found", detail: { detail: revealed }, headers: { a: "b" } },
    });
    const other = new Error("as it is");
    expect(concealed?.revealError(other)).toBe(other);
  });
});

describe("a list of what is reached by tags", () => {
  const query: ConversationQuery = { sortOrder: "CREATED_AT", limit: 3, documents: ["state"] };

  /** Every third conversation is of the red team; the one at 100 begins the second page of what is read. */
  async function filled(count: number): Promise<Store> {
    const store = memoryStore();
    for (let index = 0; index < count; index += 1) {
      await create(store, idOf(index), JSON.stringify({ tags: { team: index % 3 === 0 ? "red" : "blue" } }));
    }
    return store;
  }

  it("has each of them once, over all pages that are read", async () => {
    const store = await filled(205);
    const red = Array.from({ length: 205 }, (_, index) => index).filter((index) => index % 3 === 0);
    const all = await searchReached(store, { ...query, limit: 300 }, RED);
    expect(all.map(({ id }) => id)).toEqual(red.map(idOf));
    expect(await countReached(store, {}, RED)).toBe(red.length);
    expect(await countReached(store, {}, EVERYTHING)).toBe(205);
  });

  it("ends with the page, and goes on where the next one begins", async () => {
    const store = await filled(205);
    const first = await searchReached(store, { ...query, limit: 40 }, RED);
    expect(first).toHaveLength(40);
    const next = await searchReached(store, { ...query, limit: 2, from: idOf(120) }, RED);
    expect(next.map(({ id }) => id)).toEqual([120, 123].map(idOf));
    const blue = await searchReached(store, query, EVERYTHING);
    expect(blue.map(({ id }) => id)).toEqual([0, 1, 2].map(idOf));
  });

  it("has none whose tags or id cannot be read", async () => {
    const store = memoryStore();
    const states = ["{", "null", '"red"', "{}", '{"tags":null}', '{"tags":"red"}', undefined];
    for (const [index, state] of states.entries()) await create(store, idOf(index), state);
    await create(store, "not-an-id", '{"tags":{"team":"red"}}');
    await create(store, idOf(99), '{"tags":{"team":"red"}}');
    const found = await searchReached(store, { ...query, limit: 20 }, RED);
    expect(found.map(({ id }) => id)).toEqual([idOf(99)]);
    expect(await countReached(store, {}, RED)).toBe(1);
    for (const index of states.keys()) {
      expect(await findReachFacts(store, idOf(index))).toEqual({ createdBy: "ada", tags: {} });
    }
    expect(await findReachFacts(store, idOf(98))).toBeUndefined();
  });
});

function idOf(index: number): string {
  return `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;
}

async function create(store: Store, conversationId: string, state: string | undefined): Promise<void> {
  const time = "2026-01-01T00:00:00.000000Z";
  const header = { createdAt: time, updatedAt: time, status: "idle", title: null, parentId: null } as const;
  await store.commit({
    conversationId,
    create: { ...header, createdBy: "ada", leafEventId: null },
    ...(state !== undefined && { documents: { state } }),
  });
}
