import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentServer, createServer, memoryStore, type ServerOptions } from "agent-server";
import { describe, expect, it, onTestFinished } from "vitest";
import { createCipher } from "../../../src/secrets/cipher.ts";
import {
  event,
  eventId,
  eventName,
  hexOf,
  type ReferenceFolder,
  referenceFolder,
} from "../../cli/reference-folder.ts";

const cipher = createCipher("theirs");

function open(): { source: ReferenceFolder; home: string } {
  const folder = mkdtempSync(join(tmpdir(), "agent-server-found-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return { source: referenceFolder(folder), home: join(folder, "conversations") };
}

function serve(home: string, options: Partial<ServerOptions> = {}): AgentServer {
  return createServer({
    keyless: "loopback",
    conversationsPath: home,
    secretKey: "theirs",
    environment: {},
    logger: "silent",
    ...options,
  });
}

interface Answer {
  status: number;
  json: {
    items: {
      id: string;
      title: string;
      execution_status: string;
      tags: object;
      kind: string;
      code?: string;
    }[];
    next_page_id: string | null;
    title: string;
    execution_status: string;
    detail: string;
    exception: string;
  };
}

async function ask(server: AgentServer, path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await server.fetch(
    new Request(`http://localhost${path}`, { ...init, headers: { "content-type": "application/json" } }),
  );
  const text = await response.text();
  return { status: response.status, json: text === "" ? null : JSON.parse(text) };
}

const idsOf = ({ json }: Answer) => json.items.map(({ id }) => id);

/** The bytes of every file below a folder, but those of the database. */
function contents(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    files
      .filter(({ name }) => !name.startsWith("agent-server.db"))
      .map(({ parentPath, name }) => [join(parentPath, name), readFileSync(join(parentPath, name), "utf8")]),
  );
}

describe("a server whose folder holds conversations of the reference", () => {
  it("lists them at once, sorted and paged together with its own", async () => {
    const { source, home } = open();
    const ids = [1, 2, 3].map((index) => source.conversation({ index, apiKey: cipher.encrypt("sk") }));
    await using server = serve(home);
    const { conversation } = await server.conversations.create({
      agent: { llm: { model: "demo/tour" } },
      workspace: { working_dir: join(home, "project") },
    });
    const all = await ask(server, "/api/conversations/search?sort_order=CREATED_AT");
    expect(idsOf(all)).toEqual([...ids, conversation.id]);
    expect(all.json.items[1]).toMatchObject({
      title: "Tale 2",
      execution_status: "finished",
      tags: { origin: "reference" },
      created_at: "2026-03-03T09:00:00.000000Z",
      updated_at: "2026-03-11T10:00:00.000123Z",
      max_iterations: 77,
      agent: { llm: { model: "demo/tour", api_key: null } },
    });
    expect((await ask(server, "/api/conversations/count")).json).toBe(4);
    expect((await ask(server, "/api/conversations/count?status=finished")).json).toBe(3);
    const first = await ask(server, "/api/conversations/search?sort_order=CREATED_AT&limit=2");
    const second = await ask(
      server,
      `/api/conversations/search?sort_order=CREATED_AT&limit=2&page_id=${first.json.next_page_id}`,
    );
    expect([...idsOf(first), ...idsOf(second)]).toEqual(idsOf(all));
    expect((await ask(server, `/api/conversations?ids=${ids[0]}&ids=${ids[2]}`)).json).toMatchObject([
      { title: "Tale 1" },
      { title: "Tale 3" },
    ]);
    expect((await ask(server, `/api/conversations/${ids[2]}`)).json.title).toBe("Tale 3");
  });

  it("imports one when its events are first read, once, and changes no file of it", async () => {
    const { source, home } = open();
    const id = source.conversation({ events: 300 });
    source.conversation({ index: 2, events: 4 });
    const before = contents(home);
    await using server = serve(home);
    const counts = await Promise.all(
      Array.from({ length: 8 }, () => ask(server, `/api/conversations/${id}/events/count`)),
    );
    expect(counts.map(({ json }) => json)).toEqual(Array.from({ length: 8 }, () => 300));
    const page = await ask(
      server,
      `/api/conversations/${id}/events/search?limit=100&sort_order=TIMESTAMP_DESC`,
    );
    expect(idsOf(page).slice(0, 2)).toEqual([eventId(299), eventId(298)]);
    expect(contents(home)).toEqual(before);
  });

  it("goes on with one when a verb needs it", async () => {
    const { source, home } = open();
    const id = source.conversation({ events: 4 });
    await using server = serve(home);
    const conversation = await server.conversations.open(id);
    await conversation.sendMessage("Go on", { run: false });
    const { items } = await server.conversations.events.search(id);
    expect(items.slice(0, 4).map((each) => each.id)).toEqual([0, 1, 2, 3].map(eventId));
    const message = items.find((each) => each.kind === "MessageEvent" && !items.slice(0, 4).includes(each));
    expect(message).toMatchObject({ source: "user", parent_id: expect.any(String) });
  });

  it("forks one with its whole log", async () => {
    const { source, home } = open();
    const id = source.conversation({ events: 4 });
    await using server = serve(home);
    const { conversation } = await server.conversations.fork(id);
    expect(await server.conversations.events.count(conversation.id)).toBe(4);
  });

  it("shows the whole log to a watcher", async () => {
    const { source, home } = open();
    const id = source.conversation({ events: 300 });
    await using server = serve(home);
    const watch = await server.conversations.watch(id);
    const texts: string[] = [];
    for await (const page of watch?.history() ?? []) texts.push(...page);
    watch?.reader.close();
    expect(texts).toHaveLength(300);
  });

  it("goes on where an import was cut short by the end of the server", async () => {
    const { source, home } = open();
    const id = source.conversation({ events: 1_600 });
    const first = serve(home);
    const reading = ask(first, `/api/conversations/${id}/events/count`);
    await expect.poll(() => storedSize(home), { interval: 1 }).toBeGreaterThan(300_000);
    await first.close();
    const cut = await reading;
    await using server = serve(home);
    expect(idsOf(await ask(server, "/api/conversations/search"))).toEqual([id]);
    expect((await ask(server, `/api/conversations/${id}/events/count`)).json).toBe(1_600);
    expect([200, 503]).toContain(cut.status);
  }, 90_000);

  it("starts again without reading what it knows, and lists what the reference has added or changed", async () => {
    const { source, home } = open();
    const [first, second] = [1, 2].map((index) => source.conversation({ index }));
    await serve(home).close();
    await using again = serve(home);
    expect(idsOf(await ask(again, "/api/conversations/search?sort_order=CREATED_AT"))).toEqual([
      first,
      second,
    ]);
    await again.close();
    const third = source.conversation({ index: 3 });
    source.conversation({ index: 2, meta: { title: "Told anew" } });
    await using server = serve(home);
    const { items } = (await ask(server, "/api/conversations/search?sort_order=CREATED_AT")).json;
    expect(items.map(({ id, title }) => [id, title])).toEqual([
      [first, "Tale 1"],
      [second, "Told anew"],
      [third, "Tale 3"],
    ]);
  });

  it("does not read a conversation again that it has imported", async () => {
    const { source, home } = open();
    const id = source.conversation();
    const first = serve(home);
    await ask(first, `/api/conversations/${id}/events/count`);
    await first.close();
    source.write(`conversations/${hexOf(1)}/events/${eventName(3)}`, event(3));
    source.conversation({ meta: { title: "Changed there" } });
    await using server = serve(home);
    expect((await ask(server, `/api/conversations/${id}`)).json.title).toBe("Tale 1");
    expect((await ask(server, `/api/conversations/${id}/events/count`)).json).toBe(3);
  });
});

describe("deleting a conversation of the reference", () => {
  it("deletes its folder, before and after the import, so that it does not come back", async () => {
    const { source, home } = open();
    const [pending, imported, kept] = [1, 2, 3].map((index) => source.conversation({ index }));
    const first = serve(home);
    await ask(first, `/api/conversations/${imported}/events/count`);
    for (const id of [pending, imported])
      expect((await ask(first, `/api/conversations/${id}`, { method: "DELETE" })).status).toBe(200);
    expect((await ask(first, `/api/conversations/${pending}/events/count`)).status).toBe(404);
    expect(existsSync(join(home, hexOf(1)))).toBe(false);
    await first.close();
    await using server = serve(home);
    expect(idsOf(await ask(server, "/api/conversations/search"))).toEqual([kept]);
  });

  it("is finished at the next start when the process was killed between record and folder", async () => {
    const { source, home } = open();
    const id = source.conversation();
    await serve(home).close();
    // The note that a removal begins with.
    writeFileSync(join(home, `${hexOf(1)}.removing`), "");
    const store = (await import("agent-server")).sqliteStore({ path: join(home, "agent-server.db") });
    await store.remove(id);
    await store.close();
    await using server = serve(home);
    expect(idsOf(await ask(server, "/api/conversations/search"))).toEqual([]);
    await expect.poll(() => existsSync(join(home, hexOf(1)))).toBe(false);
  });

  it("wins over an import of the same moment", async () => {
    const { source, home } = open();
    const id = source.conversation({ events: 1_200 });
    await using server = serve(home);
    const reading = ask(server, `/api/conversations/${id}/events/count`);
    await expect.poll(() => storedSize(home), { interval: 1 }).toBeGreaterThan(200_000);
    const deleted = await ask(server, `/api/conversations/${id}`, { method: "DELETE" });
    expect([deleted.status, [200, 404].includes((await reading).status)]).toEqual([200, true]);
    expect((await ask(server, "/api/conversations/count")).json).toBe(0);
    expect((await ask(server, `/api/conversations/${id}/events/count`)).status).toBe(404);
  }, 90_000);
});

describe("two servers over one store and one folder", () => {
  it("list each conversation once and import it once", async () => {
    const { source, home } = open();
    const id = source.conversation({ events: 600 });
    source.conversation({ index: 2 });
    const store = memoryStore();
    const options = { store, referenceData: {} };
    await using first = serve(home, options);
    await using second = serve(home, options);
    const servers = [first, second];
    const counts = servers.map((server) => ask(server, "/api/conversations/count"));
    expect((await Promise.all(counts)).map(({ json }) => json)).toEqual([2, 2]);
    const logs = servers.map((server) => ask(server, `/api/conversations/${id}/events/count`));
    expect((await Promise.all(logs)).map(({ json }) => json)).toEqual([600, 600]);
  }, 90_000);
});

describe("a conversation that a server of the reference has open", () => {
  const lease = (more: object = {}) => ({
    owner_instance_id: "x",
    generation: 1,
    expires_at: Date.now() / 1_000 + 40,
    ...more,
  });

  it("is listed, and neither opened nor deleted until that server has ended", async () => {
    const { source, home } = open();
    const id = source.conversation();
    source.write(
      `conversations/${hexOf(1)}/owner_lease.json`,
      lease({ owner_host: hostname(), owner_pid: process.pid }),
    );
    await using server = serve(home);
    expect(idsOf(await ask(server, "/api/conversations/search"))).toEqual([id]);
    const reading = await ask(server, `/api/conversations/${id}/events/count`);
    expect([reading.status, reading.json.exception]).toEqual([
      503,
      expect.stringContaining("is open in an OpenHands"),
    ]);
    const deleted = await ask(server, `/api/conversations/${id}`, { method: "DELETE" });
    expect([deleted.status, existsSync(join(home, hexOf(1), "meta.json"))]).toEqual([503, true]);
    source.write(`conversations/${hexOf(1)}/owner_lease.json`, lease({ expires_at: 1 }));
    expect((await ask(server, `/api/conversations/${id}/events/count`)).json).toBe(3);
  });

  it("counts as closed when its process on this machine has died", async () => {
    const { source, home } = open();
    const id = source.conversation();
    const dead = { owner_host: hostname(), owner_pid: 2 ** 30 };
    source.write(`conversations/${hexOf(1)}/owner_lease.json`, lease(dead));
    await using server = serve(home);
    expect((await ask(server, `/api/conversations/${id}/events/count`)).json).toBe(3);
  });
});

describe("files that cannot be read", () => {
  it("cost the conversation they belong to, which is left out with a warning", async () => {
    const { source, home } = open();
    const warnings: object[] = [];
    const good = source.conversation();
    source.conversation({ index: 2 });
    source.write(`conversations/${hexOf(2)}/base_state.json`, '{"secret-text');
    source.conversation({ index: 3 });
    source.write(`conversations/${hexOf(3)}/meta.json`, "[]");
    const nothing = () => {};
    const logger = {
      debug: nothing,
      info: nothing,
      error: nothing,
      warn: (fields: object) => void warnings.push(fields),
    };
    await using server = serve(home, { logger });
    expect(idsOf(await ask(server, "/api/conversations/search"))).toEqual([good]);
    expect(JSON.stringify(warnings)).toContain(join(home, hexOf(2), "base_state.json"));
    expect(JSON.stringify(warnings)).toContain(join(home, hexOf(3), "meta.json"));
    expect(JSON.stringify(warnings)).not.toContain("secret-text");
    expect((await ask(server, `/api/conversations/${good}/events/count`)).json).toBe(3);
  });

  it("of the log stand there as an error, and the rest follows", async () => {
    const { source, home } = open();
    const id = source.conversation({ events: 4 });
    source.write(`conversations/${hexOf(1)}/events/${eventName(1)}`, "{");
    await using server = serve(home);
    const { items } = (await ask(server, `/api/conversations/${id}/events/search`)).json;
    expect(items.map(({ kind, code }) => code ?? kind)).toEqual([
      "MessageEvent",
      "DamagedEvent",
      "MessageEvent",
      "MessageEvent",
    ]);
  });

  it("after they were listed are named by whatever needs them, and the conversation can be deleted", async () => {
    const { source, home } = open();
    const id = source.conversation();
    await using server = serve(home);
    await ask(server, "/api/conversations/search");
    source.write(`conversations/${hexOf(1)}/base_state.json`, "[]");
    const reading = await ask(server, `/api/conversations/${id}/events/count`);
    expect([reading.status, reading.json.exception]).toEqual([
      500,
      expect.stringContaining("base_state.json: is not"),
    ]);
    expect((await ask(server, `/api/conversations/${id}`, { method: "DELETE" })).status).toBe(200);
    expect((await ask(server, "/api/conversations/count")).json).toBe(0);
  });

  it("are no conversation any more when the reference has deleted it since the start", async () => {
    const { source, home } = open();
    const id = source.conversation();
    await using server = serve(home);
    await ask(server, "/api/conversations/search");
    rmSync(join(home, hexOf(1)), { recursive: true });
    expect((await ask(server, `/api/conversations/${id}/events/count`)).status).toBe(404);
    expect((await ask(server, "/api/conversations/count")).json).toBe(0);
  });
});

describe("what an old server stored with an agent", () => {
  const agent = (token: string) => ({
    llm: { model: "demo/tour", usage_id: "agent", fallback_strategy: { fallback_llms: ["other"] } },
    tools: [],
    mcp_config: { mcpServers: { files: { command: "files", env: { TOKEN: token } } } },
    kind: "Agent",
  });

  it("is read: models with fallback models, and MCP servers in a wrapper", async () => {
    const { source, home } = open();
    const id = source.conversation({ base: { agent: agent(cipher.encrypt("t-1")) } });
    await using server = serve(home);
    expect((await ask(server, `/api/conversations/${id}`)).json).toMatchObject({
      agent: { llm: { model: "demo/tour" }, mcp_config: { files: { command: "files" } } },
    });
  });

  it("keeps the token of a lost key in its place, for the day on which the key is back", async () => {
    const { source, home } = open();
    const id = source.conversation({ base: { agent: agent(cipher.encrypt("t-1")) } });
    const first = serve(home, { secretKey: "wrong" });
    await ask(first, `/api/conversations/${id}`, { method: "PATCH", body: JSON.stringify({ title: "New" }) });
    await first.close();
    const { sqliteStore } = await import("agent-server");
    const store = sqliteStore({ path: join(home, "agent-server.db") });
    const [record] = await store.conversations.find([id], ["agent"]);
    await store.close();
    const stored = JSON.parse(record?.documents.agent ?? "{}") as {
      mcp_config: { files: { env: { TOKEN: string } } };
    };
    expect(cipher.decrypt(stored.mcp_config.files.env.TOKEN)).toBe("t-1");
  });
});

it("a conversation that asks for what this server must not leave out is shown, and refuses to run", async () => {
  const { source, home } = open();
  const tools = [{ name: "terminal", params: { username: "other" } }];
  const agent = { llm: { model: "demo/tour", usage_id: "agent" }, tools, kind: "Agent" };
  const id = source.conversation({ base: { agent } });
  await using server = serve(home);
  const message = { role: "user", content: [{ type: "text", text: "Go on" }], run: true };
  const path = `/api/conversations/${id}/events`;
  const sent = await ask(server, path, { method: "POST", body: JSON.stringify(message) });
  expect([sent.status, sent.json.detail]).toEqual([
    422,
    expect.stringMatching(/^agent\.tools: asks for the user other/),
  ]);
  expect((await ask(server, `/api/conversations/${id}/run`, { method: "POST" })).status).toBe(422);
  expect((await ask(server, `${path}/count`)).json).toBe(3);
});

it("with a store of the host, and when it is told so, a server leaves such folders alone", async () => {
  const { source, home } = open();
  source.conversation();
  await using own = serve(home, { store: memoryStore() });
  await using told = serve(home, { referenceData: false });
  for (const server of [own, told]) expect((await ask(server, "/api/conversations/count")).json).toBe(0);
});

function storedSize(home: string): number {
  const wal = join(home, "agent-server.db-wal");
  return existsSync(wal) ? readFileSync(wal).length : 0;
}
