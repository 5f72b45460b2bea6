import { call, createTestServer, say, scriptedLlm } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { type Answer, httpServer, mcpAnswer } from "./http-server.ts";
import { everythingAt } from "./official-server.ts";

describe("the official example, at a URL", { timeout: 60_000 }, () => {
  it("works over streamable HTTP", async () => {
    await using everything = await everythingAt("streamableHttp");
    const llm = scriptedLlm([call("echo", { message: "hello" }), say("done")]);
    await using server = await createTestServer({ llm, leakCheck: false, patience: 45_000 });
    const chat = await server.start("Hello", {
      agent: { mcp_config: { everything: { url: everything.url } } },
    });
    await chat.expectObservation("echo", "Echo: hello");
    await chat.expectFinished("done");
  });

  it("works over server-sent events, which its path announces", async () => {
    await using everything = await everythingAt("sse");
    const llm = scriptedLlm([call("echo", { message: "hello" }), say("done")]);
    await using server = await createTestServer({ llm, leakCheck: false, patience: 45_000 });
    const chat = await server.start("Hello", {
      agent: { mcp_config: { everything: { url: everything.url } } },
    });
    await chat.expectObservation("echo", "Echo: hello");
    await chat.expectFinished("done");
  });
});

describe("a server at a URL", () => {
  it.each([
    ["none", { strategy: "none" }, "undefined"],
    ["a key", { strategy: "api_key", value: "key-of-mine" }, "Bearer <secret-hidden>"],
    [
      "a key in a header",
      { strategy: "api_key", value: "key-of-mine", header_name: "x-key" },
      "undefined <secret-hidden>",
    ],
    ["a bearer token", { strategy: "bearer", value: "token-of-mine" }, "Bearer <secret-hidden>"],
    ["a password", { strategy: "basic", username: "me", password: "pass-of-mine" }, "Basic <secret-hidden>"],
    ["headers", { strategy: "header", headers: { "x-key": "key-of-mine" } }, "undefined <secret-hidden>"],
  ] as const)("gets %s as credentials, which it cannot show anyone", async (_, auth, shown) => {
    await using tiny = await httpServer(mcpAnswer);
    const llm = scriptedLlm([call("whoami", {}), say("done")]);
    await using server = await createTestServer({ llm });
    const chat = await server.start("Hello", { agent: { mcp_config: { tiny: { url: tiny.url, auth } } } });
    await chat.expectObservation("whoami", shown);
    await chat.expectFinished("done");
    const { authorization, "x-key": key } = tiny.asked.at(-1)?.headers ?? {};
    expect(`${authorization} ${key}`).not.toContain("hidden");
  });

  it("gets no credentials when it redirects to another origin", async () => {
    await using other = await httpServer(mcpAnswer);
    await using tiny = await httpServer(() => ({ status: 307, headers: { location: other.url } }));
    const llm = scriptedLlm([say("done")]);
    await using server = await createTestServer({ llm });
    const auth = { strategy: "bearer", value: "token-of-mine" } as const;
    const chat = await server.start("Hello", { agent: { mcp_config: { tiny: { url: tiny.url, auth } } } });
    await chat.expectFinished("done");
    expect(other.asked).toEqual([]);
    expect(JSON.stringify(chat.events)).toContain("Redirect to");
  });

  it("is not reached at the addresses of metadata services", async () => {
    const llm = scriptedLlm([say("done")]);
    await using server = await createTestServer({ llm });
    const config = { aws: { url: "http://169.254.169.254/mcp" } };
    const chat = await server.start("Hello", { agent: { mcp_config: config } });
    await chat.expectFinished("done");
    expect(JSON.stringify(chat.events)).toContain("an address that this server does not open for users");
  });

  it("may have its secrets by name", async () => {
    await using tiny = await httpServer(mcpAnswer);
    const llm = scriptedLlm([call("whoami", {}), say("done")]);
    await using server = await createTestServer({ llm });
    const headers = { Authorization: "Bearer $" + "{API_TOKEN}", "x-key": "$" + "{NOT_SET:-spare}" };
    const chat = await server.start("Hello", {
      secrets: { API_TOKEN: { kind: "StaticSecret", value: "the-real-token" } },
      agent: { mcp_config: { tiny: { url: tiny.url, headers } } },
    });
    await chat.expectObservation("whoami", "<secret-hidden> spare");
    await chat.expectFinished("done");
    expect(tiny.asked.at(-1)?.headers.authorization).toBe("Bearer the-real-token");
  });

  it.each<[string, () => Answer, string]>([
    ["never answers", () => undefined, "has not answered in time"],
    [
      "answers with a page",
      () => ({ headers: { "content-type": "text/html" }, text: "<p>Hello" }),
      "content type",
    ],
    ["answers with half a message", () => ({ text: '{"jsonrpc":' }), "could not be started"],
    ["is broken", () => ({ status: 500, text: "out of order" }), "out of order"],
    ["forbids it", () => ({ status: 403, text: "go away" }), "go away"],
  ])("that %s costs its own tools only", { timeout: 60_000 }, async (_, answer, words) => {
    await using wrong = await httpServer(answer);
    await using tiny = await httpServer(mcpAnswer);
    const llm = scriptedLlm([call("tiny_whoami", {}), say("done")]);
    await using server = await createTestServer({ llm, patience: 50_000 });
    const chat = await server.start("Hello", {
      agent: { mcp_config: { wrong: { url: wrong.url }, tiny: { url: tiny.url } } },
    });
    await chat.expectObservation("tiny_whoami");
    await chat.expectFinished("done");
    expect(JSON.stringify(chat.events)).toContain("The MCP server 'wrong' could not be started");
    expect(JSON.stringify(chat.events)).toContain(words);
  });

  it("cannot send more than its messages may be long", async () => {
    const pour: Parameters<typeof httpServer>[0] = (asked) =>
      asked.body.includes("tools/list")
        ? (response) => {
            response.writeHead(200, { "content-type": "application/json" });
            const more = (): void => {
              while (response.writable && response.write("x".repeat(64 * 1024)));
              if (response.writable) response.once("drain", more);
            };
            more();
          }
        : mcpAnswer(asked);
    await using flood = await httpServer(pour);
    const llm = scriptedLlm([say("done")]);
    await using server = await createTestServer({ llm, leakCheck: false });
    const chat = await server.start("Hello", { agent: { mcp_config: { flood: { url: flood.url } } } });
    await chat.expectFinished("done");
    expect(JSON.stringify(chat.events)).toContain("could not be started");
  });
});
