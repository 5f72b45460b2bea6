import { mkdir, symlink, writeFile } from "node:fs/promises";
import { createServer, memoryStore } from "agent-server";
import { unzipSync } from "fflate";
import { describe, expect, it, onTestFinished } from "vitest";
import { temporaryDirectory } from "../../workspace/open-local.ts";

const headers = { "X-Session-API-Key": "key", "content-type": "application/json" };

const MODEL_KEY = "sk-of-the-model";
const SECRET = "value-of-the-secret";

/** A server with one conversation that has secrets. */
async function openServer(secretKey?: string) {
  const folder = await temporaryDirectory();
  const store = memoryStore();
  const conversationsPath = `${folder}/conversations`;
  const options = { apiKeys: ["key"], store, conversationsPath, logger: "silent" } as const;
  const server = createServer({ ...options, ...(secretKey && { secretKey }) });
  onTestFinished(() => server.close());
  const { info } = await server.conversations.create({
    agent: { kind: "Agent", llm: { model: "gpt-5", api_key: MODEL_KEY }, tools: [] },
    workspace: { working_dir: `${folder}/project` },
    secrets: { TOKEN: { kind: "StaticSecret", value: SECRET } },
  });
  const hex = info.id.replaceAll("-", "");
  const fetch = (path: string, init: RequestInit = {}) =>
    server.fetch(new Request(`http://localhost${path}`, { headers, ...init }));
  return {
    server,
    store,
    id: info.id,
    hex,
    data: `${conversationsPath}/${hex}`,
    fetch,
    send: async (content: string) => {
      const body = JSON.stringify({ role: "user", content: [{ type: "text", text: content }] });
      const response = await fetch(`/api/conversations/${info.id}/events`, { method: "POST", body });
      expect(response.status).toBe(200);
    },
    download: () => fetch(`/api/file/download-trajectory/${info.id}`),
  };
}

async function filesOf(response: Response): Promise<Record<string, string>> {
  expect(response.status).toBe(200);
  const unpacked = unzipSync(new Uint8Array(await response.arrayBuffer()));
  return Object.fromEntries(
    Object.entries(unpacked).map(([name, bytes]) => [name, Buffer.from(bytes).toString()]),
  );
}

describe("a trajectory", () => {
  it("holds the conversation in the layout of the reference", async () => {
    const { download, send, hex, id, data } = await openServer();
    await send("one");
    await send("two");
    await mkdir(`${data}/observations`, { recursive: true });
    await writeFile(`${data}/observations/output.txt`, "long output");
    const response = await download();
    expect(response.headers.get("content-disposition")).toBe(`attachment; filename="${hex}.zip"`);
    expect(response.headers.get("content-type")).toBe("application/octet-stream");
    const files = await filesOf(response);
    expect(files[`${hex}/observations/output.txt`]).toBe("long output");
    const meta = JSON.parse(files[`${hex}/meta.json`] ?? "");
    expect(meta).toMatchObject({ id: hex, title: null, metrics: null, max_iterations: 500 });
    const state = JSON.parse(files[`${hex}/base_state.json`] ?? "");
    expect(state).toMatchObject({ id, execution_status: "idle", agent: { llm: { model: "gpt-5" } } });
    const events = Object.keys(files).filter((name) => name.startsWith(`${hex}/events/`));
    const parsed = events.map((name) => JSON.parse(files[name] ?? ""));
    expect(events.toSorted()).toEqual(
      parsed
        .map((event, at) => `${hex}/events/event-${String(at).padStart(5, "0")}-${event.id}.json`)
        .toSorted(),
    );
    expect(parsed.map(({ id }) => id)).toContain(state.leaf_event_id);
  });

  it.each([undefined, "a-secret-key"])("has no secret in it, with the key %s", async (secretKey) => {
    const { download, data, send, hex } = await openServer(secretKey);
    await send("one");
    await mkdir(`${data}/acp`, { recursive: true });
    await writeFile(`${data}/acp/auth`, SECRET);
    await writeFile(`${data}/half.tmp`, SECRET);
    await writeFile(`${data}/kept.json`, `{"api_key": "${SECRET}", "list": ["gAAAAAbc"], "n": 1}`);
    await writeFile(`${data}/lines.jsonl`, `{"llm_api_key":"${SECRET}"}\nno json\n{"a":1}\n`);
    await writeFile(`${data}/clean.json`, '{ "a" : 1.0 }');
    await writeFile(`${data}/deep.json`, `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`);
    await symlink("/etc/passwd", `${data}/link`);
    const files = await filesOf(await download());
    expect(Object.keys(files).filter((name) => /acp|tmp|link/.test(name))).toEqual([]);
    expect(files[`${hex}/kept.json`]).toBe('{"api_key":"**********","list":["**********"],"n":1}');
    expect(files[`${hex}/lines.jsonl`]).toBe('{"llm_api_key":"**********"}\nno json\n{"a":1}\n');
    expect(files[`${hex}/clean.json`]).toBe('{ "a" : 1.0 }');
    const everything = Object.values(files).join("\n");
    for (const secret of [SECRET, MODEL_KEY, "gAAAAA", "root:"]) expect(everything).not.toContain(secret);
    expect(JSON.parse(files[`${hex}/meta.json`] ?? "").secrets.TOKEN.value).toBe("**********");
  });

  it("of a long conversation is that of one moment, and is read page by page", async () => {
    const { download, store, id, hex, send } = await openServer();
    const record = async () => (await store.conversations.find([id], []))[0];
    const { eventCount: start } = (await record()) ?? { eventCount: 0 };
    const count = 2_000;
    const events = Array.from({ length: count }, (_, at) => {
      const event = {
        id: crypto.randomUUID(),
        kind: "PauseEvent",
        source: "user",
        timestamp: "2026-01-01T00:00:00",
      };
      return {
        ...event,
        seq: start + at,
        body: null,
        json: JSON.stringify({ ...event, text: "x".repeat(9_000) }),
      };
    });
    await store.commit({ conversationId: id, events });
    const response = await download();
    await send("meanwhile");
    const files = await filesOf(response);
    const names = Object.keys(files).filter((name) => name.startsWith(`${hex}/events/`));
    expect(names.length).toBe(start + count);
  });

  it("that is deleted while it is sent breaks off", async () => {
    const { download, server, store, id } = await openServer();
    const events = Array.from({ length: 500 }, (_, at) => {
      const event = {
        id: crypto.randomUUID(),
        kind: "PauseEvent",
        source: "user",
        timestamp: "2026-01-01T00:00:00",
      };
      return { ...event, seq: at, body: null, json: JSON.stringify(event) };
    });
    const [record] = await store.conversations.find([id], []);
    const first = record?.eventCount ?? 0;
    await store.commit({
      conversationId: id,
      events: events.map((event) => ({ ...event, seq: first + event.seq })),
    });
    const response = await download();
    await server.conversations.delete(id);
    await expect(response.arrayBuffer()).rejects.toThrow();
  });

  it("does not load the conversation", async () => {
    const { store, id } = await openServer();
    const other = createServer({
      apiKeys: ["key"],
      store,
      logger: "silent",
      conversationsPath: await temporaryDirectory(),
    });
    onTestFinished(() => other.close());
    for (const path of ["/api", `/api/conversations/${id}`]) {
      const url = `http://localhost${path}/file/download-trajectory/${id}`;
      await filesOf(await other.fetch(new Request(url, { headers })));
    }
    expect(other.conversations.liveCount).toBe(0);
  });

  it("of a conversation that is unknown, or not the one of the path, is refused", async () => {
    const { fetch, id } = await openServer();
    const unknown = crypto.randomUUID();
    const cases: [string, number, string][] = [
      [`/api/file/download-trajectory/${unknown}`, 404, "Conversation not found"],
      [
        `/api/conversations/${unknown}/file/download-trajectory/${unknown}`,
        404,
        `Conversation not found: ${unknown}`,
      ],
      [
        `/api/conversations/${id}/file/download-trajectory/${unknown}`,
        422,
        "Trajectory must belong to the selected conversation",
      ],
      [
        `/api/conversations/${id}/file/download-trajectory/nothing`,
        422,
        "Invalid trajectory conversation id",
      ],
    ];
    for (const [path, status, detail] of cases) {
      const response = await fetch(path);
      expect([response.status, await response.json()]).toEqual([status, { detail }]);
    }
    expect((await fetch("/api/file/download-trajectory/nothing")).status).toBe(422);
  });
});
