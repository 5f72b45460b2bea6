import { createServer, memoryStore, type ServerInput, type ServerOptions, toServer } from "agent-server";
import { agentServer as expressServer } from "agent-server/express";
import { agentServer as fastifyServer } from "agent-server/fastify";
import { agentServer as koaServer } from "agent-server/koa";
import { describe, expect, it } from "vitest";

const quiet = { store: memoryStore(), logger: "silent" } as const;

describe("a server for which no key was set", () => {
  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["no options", {}],
    ["a variable that is not set", process.env.AGENT_SERVER_KEY_THAT_IS_NOT_SET],
    ["an empty key", ""],
    ["an empty list", []],
    ["a list with an empty key", ["key", ""]],
    ["an empty list in options", { apiKeys: [] }],
    ["no list in options", { apiKeys: undefined }],
    ["an empty key in options", { apiKeys: [""], keyless: "loopback" }],
    ["another word", { keyless: "everywhere" }],
  ])("is refused when it is made of %s", (_name, input) => {
    for (const make of [toServer, expressServer, koaServer, fastifyServer]) {
      expect(() => make(input as ServerInput)).toThrow(TypeError);
    }
    if (typeof input !== "string" && !Array.isArray(input)) {
      expect(() => createServer((input ?? undefined) as ServerOptions)).toThrow(TypeError);
    }
  });

  it("is refused with what to set", () => {
    expect(() => createServer({})).toThrow(
      'no key is set: pass apiKeys with at least one key, or authenticate, or keyless: "loopback"',
    );
  });

  it.each<[string, ServerOptions]>([
    ["a key", { apiKeys: ["key"] }],
    ["a check of its own", { authenticate: () => true }],
    ["the word for this machine", { keyless: "loopback" }],
    ["the word and an empty list", { keyless: "loopback", apiKeys: [] }],
    ["the word for anyone", { dangerouslyAllowUnauthenticated: true }],
  ])("is made with %s", async (_name, options) => {
    await createServer({ ...quiet, store: memoryStore(), ...options }).close();
  });

  it("asks for a key once there is one, whatever the word", async () => {
    await using server = createServer({ ...quiet, apiKeys: ["key"], keyless: "loopback" });
    const count = new Request("http://localhost/api/conversations/count");
    expect((await server.fetch(count, { peerAddress: "127.0.0.1" })).status).toBe(401);
  });
});
