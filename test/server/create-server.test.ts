import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, memoryStore, type ServerOptions, text, toServer } from "agent-server";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-server-create-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const options = (more: ServerOptions = {}) => ({
  store: memoryStore(),
  conversationsPath: join(folder, "conversations"),
  logger: "silent" as const,
  keyless: "loopback" as const,
  ...more,
});

const tour = (name: string) => ({
  agent: { llm: { model: "demo/echo" }, tools: [{ name: "terminal" }] },
  workspace: { working_dir: join(folder, name) },
});

describe("createServer", () => {
  it("writes warnings and errors to standard error, unless it is to be silent", async () => {
    const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    try {
      await createServer(options()).close();
      expect(write).not.toHaveBeenCalled();
      await createServer(options({ logger: undefined })).close();
      expect(write.mock.calls.flat().map(String)).toEqual([
        expect.stringMatching(
          /WARN {2}agent-server: no secret key is set \(secretKey, OH_SECRET_KEY\).* profiles are stored in clear/,
        ),
      ]);
    } finally {
      write.mockRestore();
    }
  });

  it("answers requests without a socket", async () => {
    await using server = createServer(options());
    const response = await server.fetch(new Request("http://localhost/health"));
    expect([response.status, await response.json()]).toEqual([200, { status: "ok" }]);
  });

  it("is ready soon after it was made", async () => {
    await using server = createServer(options());
    const ready = async () => (await server.fetch(new Request("http://localhost/ready"))).status;
    await expect.poll(ready).toBe(200);
  });

  it("runs a conversation in this process, without HTTP", async () => {
    await using server = createServer(options());
    const { conversations } = server;
    const { info, conversation } = await conversations.create(tour("in-process"));
    await conversation.sendMessage("Hello there.");
    const seen: string[] = [];
    for await (const event of conversations.follow(info.id)) {
      if (event.kind !== "ConversationStateUpdateEvent") seen.push(event.kind);
      else if (event.value === "finished") break;
    }
    expect(seen).toEqual(["SystemPromptEvent", "MessageEvent", "MessageEvent"]);
    expect(await conversations.agentFinalResponse(info.id)).toContain("Hello there.");
  });

  it("opens a conversation for the message that comes over a socket, not for the socket", async () => {
    await using server = createServer(options());
    const { url } = await server.listen(0);
    const { info } = await server.conversations.create(tour("watched"));
    const socket = new WebSocket(`${url.replace("http", "ws")}/sockets/events/${info.id}`);
    const frames: string[] = [];
    socket.on("message", (data) => frames.push(String(data)));
    await expect.poll(() => frames.length).toBe(1);
    expect(server.conversations.liveCount).toBe(0);
    socket.send(JSON.stringify({ role: "user", content: [text("Hello there.")] }));
    await expect.poll(() => frames.at(-1)).toContain('"execution_status":"finished"');
    expect(server.conversations.liveCount).toBe(1);
    socket.close();
  });

  it("refuses to listen beyond this machine without a key", async () => {
    await using server = createServer(options());
    await expect(server.listen(0, "0.0.0.0")).rejects.toThrow(
      /refusing to listen on 0\.0\.0\.0 without a key/,
    );
    await using guarded = createServer(options({ apiKeys: ["key"] }));
    expect((await guarded.listen(0, "0.0.0.0")).port).toBeGreaterThan(0);
  });

  it("asks the host app instead of for a key", async () => {
    const authenticate = (request: Request) => request.headers.get("x-user") === "ada";
    await using server = createServer(options({ authenticate }));
    const count = (user: string) =>
      server.fetch(new Request("http://localhost/api/conversations/count", { headers: { "x-user": user } }));
    expect([(await count("ada")).status, (await count("eve")).status]).toEqual([200, 401]);
  });

  it("names a key that cannot be one", () => {
    expect(() => createServer(options({ apiKeys: [""] }))).toThrow(/apiKeys/);
  });

  it("closes runs, sockets with 1001, ports and the store, once", async () => {
    const server = createServer(options());
    const { url } = await server.listen(0);
    const { info } = await server.conversations.create(tour("closing"));
    const socket = new WebSocket(`${url.replace("http", "ws")}/sockets/events/${info.id}`);
    await new Promise((done) => socket.once("message", done));
    const closed = new Promise((done) => socket.once("close", done));
    await Promise.all([server.close(), server.close()]);
    expect(await closed).toBe(1001);
    await expect(fetch(`${url}/health`)).rejects.toThrow();
    await expect(server.options.store?.conversations.count()).rejects.toThrow();
  });

  it("lets two servers live in one process, each with its own keys and conversations", async () => {
    await using first = createServer(options({ apiKeys: ["one"] }));
    await using second = createServer(options({ apiKeys: ["two"] }));
    await first.conversations.create(tour("first"));
    const count = async (server: typeof first, key: string) => {
      const headers = { "X-Session-API-Key": key };
      return (
        await server.fetch(new Request("http://localhost/api/conversations/count", { headers }))
      ).text();
    };
    expect([await count(first, "one"), await count(second, "two")]).toEqual(["1", "0"]);
    expect(await count(second, "one")).toContain("Unauthorized");
  });
});

describe("toServer", () => {
  it("takes a key, keys, options or a server", async () => {
    const server = createServer(options());
    expect(toServer(server)).toBe(server);
    await server.close();
    await using withOptions = toServer(options({ apiKeys: ["a", "b"] }));
    expect(withOptions.options.apiKeyCount).toBe(2);
  });
});

it("shows its options without keys, secrets and variables of the environment", async () => {
  const hidden = {
    apiKeys: ["key-1"],
    secretKey: "sealing-1",
    environment: { OPENAI_API_KEY: "provider-1" },
  };
  await using server = createServer(options({ ...hidden, commandEnvironment: { TOKEN: "token-1" } }));
  expect(JSON.stringify(server.options)).not.toMatch(/key-1|sealing-1|provider-1|token-1/);
  expect(server.options).toMatchObject({
    apiKeyCount: 1,
    hasSecretKey: true,
    maxBodyBytes: 32 * 1024 * 1024,
  });
});

it("refuses a number of runs at once that would let none start", () => {
  expect(() => createServer(options({ maxConcurrentRuns: 0 }))).toThrow("maxConcurrentRuns");
});
