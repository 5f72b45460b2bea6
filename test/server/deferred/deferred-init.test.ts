import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentServer, createServer, memoryStore, type ServerOptions } from "agent-server";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { WebSocket } from "ws";
import { startReceiver } from "../../webhooks/receiver.ts";

vi.setConfig({ testTimeout: 60_000 });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-server-init-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const KEY = "the key of the operator";
const ID = "00000000-0000-4000-8000-000000000001";
const DORMANT = {
  detail: "Internal Server Error",
  exception: "503: server is in deferred-init state 'dormant'; call POST /api/init first",
};

interface Opened {
  server: AgentServer;
  url: string;
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  init(body: unknown, key?: string): Promise<Response>;
}

async function open(options: ServerOptions = {}): Promise<Opened> {
  const server = createServer({
    secretKey: KEY,
    deferredInit: true,
    environment: {},
    browser: false,
    logger: "silent",
    conversationsPath: await mkdtemp(join(folder, "boot-")),
    ...options,
  });
  onTestFinished(() => server.close());
  const { url } = await server.listen(0);
  const ask: Opened["ask"] = (method, path, body, headers = {}) =>
    fetch(url + path, {
      method,
      headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
  return {
    server,
    url,
    ask,
    init: (body, key = KEY) => ask("POST", "/api/init", body, { "X-Init-API-Key": key }),
  };
}

const keyed = (key: string) => ({ "X-Session-API-Key": key });

describe("a dormant server", () => {
  it("says that it is dormant, and that it is ready for that", async () => {
    const { ask } = await open();
    expect(await (await ask("GET", "/api/init")).json()).toEqual({ state: "dormant", error: null });
    await expect.poll(async () => (await ask("GET", "/ready")).json()).toEqual({ status: "ready" });
    for (const path of ["/alive", "/health", "/server_info", "/openapi.json", "/docs"])
      expect((await ask("GET", path)).status).toBe(200);
  });

  it("refuses everything that requires credentials with 503, with or without a valid key", async () => {
    const { ask } = await open({ apiKeys: ["boot"] });
    for (const headers of [{}, keyed("boot"), keyed("wrong")]) {
      for (const path of [
        "/api/conversations/search",
        "/api/settings",
        `/api/conversations/${ID}`,
        "/api/tools/",
      ]) {
        const answer = await ask("GET", path, undefined, headers);
        expect([path, answer.status, await answer.json()]).toEqual([path, 503, DORMANT]);
      }
    }
    for (const method of ["GET", "POST"]) {
      const backEnd = await ask(method, "/app-backends/some-extension/page");
      expect([method, backEnd.status, await backEnd.json()]).toEqual([method, 503, DORMANT]);
    }
    const upload = await ask("POST", "/api/file/upload?path=/tmp/x", undefined, keyed("boot"));
    expect(upload.status).toBe(503);
  });

  it("refuses before it reads what is asked, but after the path, the method and the JSON", async () => {
    const { ask } = await open();
    expect((await ask("GET", "/api/nothing")).status).toBe(404);
    expect((await ask("PUT", "/api/conversations")).status).toBe(405);
    expect((await ask("POST", "/api/conversations", "{")).status).toBe(422);
    expect((await ask("POST", "/api/conversations", {})).status).toBe(503);
    expect((await ask("GET", "/api/conversations/not-an-id")).status).toBe(503);
  });

  it("refuses sockets before they are accepted", async () => {
    const { url } = await open({ apiKeys: ["boot"] });
    for (const path of [`/sockets/events/${ID}`, `/sockets/session/${ID}`, "/sockets/bash-events"]) {
      const socket = new WebSocket(`${url.replace("http", "ws")}${path}?session_api_key=boot`);
      const status = await new Promise((resolve) => {
        socket.once("unexpected-response", (_request, response) => resolve(response.statusCode));
        socket.once("error", () => resolve("error"));
        socket.once("open", () => resolve("open"));
      });
      socket.terminate();
      expect(status).toBe(403);
    }
  });

  it("opens no database, and gives no conversations in process", async () => {
    const path = join(folder, "untouched");
    const { server } = await open({ conversationsPath: path });
    expect(() => server.conversations).toThrow(/dormant/);
    const { existsSync } = await import("node:fs");
    expect(existsSync(path)).toBe(false);
  });
});

describe("POST /api/init", () => {
  it("takes the key before it looks at anything but the JSON", async () => {
    const { init, ask } = await open();
    for (const key of ["", "wrong", `${KEY}x`]) {
      expect((await init({ nonsense: true }, key)).status).toBe(401);
    }
    expect((await ask("POST", "/api/init", {})).status).toBe(401);
    expect((await ask("POST", "/api/init", {}, keyed(KEY))).status).toBe(401);
    expect((await init("{", "wrong")).status).toBe(422);
  });

  it("slows down an address that tries many keys", async () => {
    const { init } = await open();
    const statuses = new Set<number>();
    for (let index = 0; index < 80; index += 1) statuses.add((await init({}, `wrong ${index}`)).status);
    expect(statuses).toContain(429);
  });

  it("forbids unknown fields and wrong values, and names them", async () => {
    const { init, ask } = await open();
    const faults = async (body: unknown) => {
      const answer = await init(body);
      const { detail } = (await answer.json()) as { detail: { type: string; loc: string[] }[] };
      return [answer.status, detail.map(({ type, loc }) => [type, loc.join(".")])];
    };
    expect(await faults({ keys: [] })).toEqual([422, [["extra_forbidden", "body.keys"]]]);
    expect((await faults({ max_concurrent_runs: 0 }))[0]).toBe(422);
    expect((await faults({ webhooks: [{}] }))[1]).toEqual([["missing", "body.webhooks.0.base_url"]]);
    expect((await faults({ session_api_keys: "key" }))[0]).toBe(422);
    const empty = await init({ session_api_keys: ["good", ""] });
    expect([empty.status, await empty.json()]).toEqual([
      422,
      { detail: "session_api_keys cannot contain empty keys" },
    ]);
    expect(await (await ask("GET", "/api/init")).json()).toEqual({ state: "dormant", error: null });
  });

  it("makes the server ready with the keys that it brings, at once and once", async () => {
    const { init, ask, server } = await open({ apiKeys: ["boot"] });
    const answer = await init({ session_api_keys: ["given"], conversations_path: join(folder, "given") });
    expect([answer.status, await answer.json()]).toEqual([200, { state: "ready", error: null }]);
    expect((await ask("GET", "/api/conversations/search", undefined, keyed("given"))).status).toBe(200);
    expect((await ask("GET", "/api/conversations/search", undefined, keyed("boot"))).status).toBe(401);
    expect((await ask("GET", "/api/conversations/search")).status).toBe(401);
    expect(server.options).toMatchObject({ apiKeyCount: 1, conversationsPath: join(folder, "given") });
    expect(await server.conversations.count()).toBe(0);
    const again = await init({});
    expect([again.status, await again.json()]).toEqual([400, { detail: "server already in state: ready" }]);
    expect(await (await ask("GET", "/api/init")).json()).toEqual({ state: "ready", error: null });
  });

  it("takes the place of the secret key, which is that of the route from then on", async () => {
    const { init } = await open();
    expect((await init({ session_api_keys: ["given"], secret_key: "another key" })).status).toBe(200);
    expect((await init({})).status).toBe(401);
    expect((await init({}, "another key")).status).toBe(400);
  });

  it("keeps the secret key of the start where it brings a blank one", async () => {
    const { init } = await open();
    expect((await init({ session_api_keys: ["given"], secret_key: "  " })).status).toBe(200);
    expect((await init({})).status).toBe(400);
  });

  it("makes the first session key the secret key where the start had none", async () => {
    const { init, server } = await open({ secretKey: undefined as never, keyless: "loopback" });
    expect((await init({ session_api_keys: ["given", "other"] }, "")).status).toBe(200);
    expect(server.options.hasSecretKey).toBe(true);
    expect((await init({}, "given")).status).toBe(400);
  });

  it("reads what an earlier key has encrypted", async () => {
    const conversationsPath = await mkdtemp(join(folder, "sealed-"));
    const first = createServer({
      apiKeys: ["k"],
      secretKey: "old",
      conversationsPath,
      environment: {},
      logger: "silent",
    });
    const put = await first.fetch(
      new Request("http://localhost/api/settings/secrets", {
        method: "PUT",
        headers: { "content-type": "application/json", ...keyed("k") },
        body: JSON.stringify({ name: "TOKEN", value: "tok-1234567890" }),
      }),
    );
    expect(put.status).toBe(200);
    await first.close();
    const { init, ask } = await open();
    await init({
      ...{ session_api_keys: ["given"], secret_key: "new", previous_secret_keys: ["old", "", "new"] },
      conversations_path: conversationsPath,
    });
    const read = await ask("GET", "/api/settings/secrets/TOKEN", undefined, keyed("given"));
    expect(await read.text()).toBe("tok-1234567890");
  });

  it("lets one of several callers at the same moment configure the server", async () => {
    const { init } = await open();
    const answers = await Promise.all(["a", "b", "c", "d"].map((key) => init({ session_api_keys: [key] })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400]);
  });

  it("leaves the server dormant when it cannot be configured so, says why, and may be sent again", async () => {
    const file = join(folder, "a-file");
    await writeFile(file, "");
    const { init, ask } = await open();
    const failed = await init({ session_api_keys: ["given"], conversations_path: file });
    expect(failed.status).toBe(500);
    const { exception } = (await failed.json()) as { exception: string };
    expect(exception).toMatch(/^500: \w*Error: /);
    const status = (await (await ask("GET", "/api/init")).json()) as { state: string; error: string };
    expect(status.state).toBe("dormant");
    expect(`500: ${status.error}`).toBe(exception);
    expect((await ask("GET", "/api/conversations/search", undefined, keyed("given"))).status).toBe(503);
    expect(
      (await init({ session_api_keys: ["given"], conversations_path: join(folder, "retried") })).status,
    ).toBe(200);
    expect((await ask("GET", "/api/conversations/search", undefined, keyed("given"))).status).toBe(200);
  });

  it("leaves nothing behind when it fails, so that the same folder can be asked for again", async () => {
    const { init } = await open();
    const path = await mkdtemp(join(folder, "again-"));
    const given = { session_api_keys: ["given"], conversations_path: path };
    for (const wrong of [
      { web_url: "no URL" },
      { env: { "A=B": "c" } },
      { webhooks: [{ base_url: "ftp://x" }] },
    ]) {
      const answer = await init({ ...given, ...wrong });
      expect([wrong, answer.status]).toEqual([wrong, 500]);
    }
    expect((await init(given)).status).toBe(200);
  });

  it("never opens a server that would ask for no key", async () => {
    const { init, ask } = await open();
    const answer = await init({});
    expect(answer.status).toBe(500);
    expect(((await answer.json()) as { exception: string }).exception).toContain("no key is set");
    expect((await ask("GET", "/api/conversations/search")).status).toBe(503);
  });

  it("brings webhooks, CORS origins, a path for proxies and variables for commands", async () => {
    const receiver = await startReceiver();
    const { init, ask } = await open({ commandEnvironment: { BASE: "kept" } });
    const done = await init({
      ...{ session_api_keys: ["given"], conversations_path: await mkdtemp(join(folder, "whole-")) },
      ...{
        webhooks: [{ base_url: receiver.url, event_buffer_size: 1 }],
        web_url: "https://example.org/agents",
      },
      ...{ allow_cors_origins: ["https://app.example.org"], max_concurrent_runs: 3 },
      env: { GITHUB_TOKEN: "ghp-1234567890", OH_SECRET_KEY: "never", SESSION_API_KEY: "never" },
    });
    expect(done.status).toBe(200);
    const started = await ask(
      "POST",
      "/api/conversations",
      { agent: { llm: { model: "demo/tour" }, tools: [] }, workspace: { working_dir: folder } },
      { ...keyed("given"), origin: "https://app.example.org" },
    );
    expect(started.status).toBe(201);
    expect(started.headers.get("access-control-allow-origin")).toBe("https://app.example.org");
    expect((await ask("GET", "/agents/alive")).status).toBe(200);
    await receiver.until(() => receiver.taken.some(({ path }) => path === "/conversations"));
    const ran = await ask(
      "POST",
      "/api/bash/execute_bash_command",
      { command: "echo $GITHUB_TOKEN,$BASE,$OH_SECRET_KEY,$SESSION_API_KEY" },
      keyed("given"),
    );
    expect(((await ran.json()) as { stdout: string }).stdout).toBe("ghp-1234567890,kept,,\n");
  });

  it("says what of it has no effect here", async () => {
    const texts: string[] = [];
    const note = (_fields: object, message: string) => void texts.push(message);
    const { init } = await open({ logger: { debug: note, info: note, warn: note, error: note } });
    const body = { session_api_keys: ["given"], bash_events_dir: "/tmp/x", telemetry: { exporter: "http" } };
    expect((await init(body)).status).toBe(200);
    expect(texts.filter((text) => /^(bash_events_dir|telemetry):/.test(text))).toHaveLength(2);
  });

  it("gets no answer where the server was configured at its start, but 401 for a wrong key", async () => {
    const { init, ask } = await open({ deferredInit: false, apiKeys: ["boot"] });
    const detail = "server is not running with deferred_init=True; the /api/init endpoint is not available";
    const status = await ask("GET", "/api/init");
    expect([status.status, await status.json()]).toEqual([404, { detail }]);
    const posted = await init({});
    expect([posted.status, await posted.json()]).toEqual([404, { detail }]);
    expect((await init({}, "wrong")).status).toBe(401);
  });

  it("is refused to everyone with the key null", async () => {
    const { init } = await open({ deferredInit: { key: null } });
    expect((await init({ session_api_keys: ["given"] })).status).toBe(401);
  });

  it("has a key of its own where one is set", async () => {
    const { init } = await open({ deferredInit: { key: "its own" } });
    expect((await init({ session_api_keys: ["given"] })).status).toBe(401);
    expect((await init({ session_api_keys: ["given"] }, "its own")).status).toBe(200);
  });
});

describe("the options of a server that is configured later", () => {
  it("need a key for that, unless only this machine reaches the server", () => {
    expect(() => createServer({ deferredInit: true, logger: "silent" })).toThrow("deferredInit: needs a key");
    expect(() => createServer({ deferredInit: true, apiKeys: ["boot"] })).toThrow(
      "deferredInit: needs a key",
    );
  });

  it("let it listen for other machines before it has keys, as nothing is served without them", async () => {
    const { server } = await open();
    const { url } = await server.listen(0, "0.0.0.0");
    expect((await fetch(`${url}/api/settings`)).status).toBe(503);
  });

  it("let it close at any moment", async () => {
    const dormant = await open({ store: memoryStore() });
    await dormant.server.close();
    const starting = await open();
    const answer = starting.init({ session_api_keys: ["given"] });
    await starting.server.close();
    await answer.catch(() => undefined);
  });
});
