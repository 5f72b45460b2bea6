import { describe, expect, it } from "vitest";
import { createCipher } from "../../../../src/secrets/cipher.ts";
import { httpServer, mcpAnswer } from "../../../mcp/http-server.ts";
import { smallServer } from "../../../mcp/small-server.ts";
import { openTrials } from "./open-trials.ts";

const TEST = "/api/mcp/test";
const KEY = "a secret key";

describe("the test of an MCP server", () => {
  it("names the tools of a program", async () => {
    await using trials = openTrials();
    const { status, body } = await trials.ask("POST", TEST, { server: { type: "stdio", ...smallServer() } });
    expect(status).toBe(200);
    expect(body).toEqual({
      ok: true,
      tools: ["echo", "add", "env", "picture", "fail", "die", "hang", "reshape", "write"],
    });
  });

  it("names the tools of a server at a URL, with and without a type", async () => {
    await using trials = openTrials();
    await using tiny = await httpServer(mcpAnswer);
    for (const kind of [{ type: "shttp" }, { type: "http" }, { transport: "streamable-http" }, {}]) {
      const { body } = await trials.ask("POST", TEST, { server: { ...kind, url: tiny.url } });
      expect(body).toEqual({ ok: true, tools: ["whoami"] });
    }
  });

  it("calls a tool and passes on what it says", async () => {
    await using trials = openTrials();
    const test = (tool_call: object) =>
      trials.ask("POST", TEST, { server: smallServer(), tool_call, timeout: 5 });
    expect((await test({ name: "echo", arguments: { text: "hi" } })).body.tool_result).toEqual({
      is_error: false,
      text: "hi",
    });
    expect((await test({ name: "fail" })).body).toMatchObject({
      ok: true,
      tool_result: { is_error: true, text: "It did not work." },
    });
    expect((await test({ name: "missing" })).body).toMatchObject({
      ok: true,
      tool_result: {
        is_error: true,
        text: expect.stringContaining("Tool 'missing' not advertised by server"),
      },
    });
    const hanging = { server: smallServer(), tool_call: { name: "hang" }, timeout: 1 };
    expect((await trials.ask("POST", TEST, hanging)).body).toMatchObject({
      ok: true,
      tool_result: { is_error: true },
    });
  });

  it("opens secrets that were sent back sealed", async () => {
    await using trials = openTrials({ secretKey: KEY });
    await using tiny = await httpServer(mcpAnswer);
    const sealed = createCipher(KEY).encrypt("Bearer the-token");
    const server = { type: "http", url: tiny.url, headers: { Authorization: sealed } };
    expect((await trials.ask("POST", TEST, { server })).body.ok).toBe(true);
    expect(tiny.asked.at(-1)?.headers.authorization).toBe("Bearer the-token");
  });

  it.each([
    ["a program that is not there", { command: "no-such-program" }, "connection", "no-such-program"],
    ["a program that ends", smallServer({ mode: "die-at-once" }), "connection", "no license found"],
    ["a program that is silent", smallServer({ mode: "mute" }), "timeout", "not answered in time"],
    [
      "a port where nothing listens",
      { type: "http", url: "http://127.0.0.1:9/mcp" },
      "connection",
      "ECONNREFUSED",
    ],
    ["another protocol", { type: "http", url: "ftp://127.0.0.1/mcp" }, "connection", "http"],
    [
      "a metadata service",
      { type: "http", url: "http://169.254.169.254/mcp" },
      "connection",
      "does not open",
    ],
  ])("answers with the reason for %s", async (_, server, error_kind, words) => {
    await using trials = openTrials();
    const { status, body } = await trials.ask("POST", TEST, { server, timeout: 1.5 });
    expect(status).toBe(200);
    expect(body).toEqual({ ok: false, error: expect.stringContaining(words), error_kind });
  });

  it.each([
    ["no server", {}, ["body", "server"]],
    ["a server without a command", { server: { type: "stdio" } }, ["body", "server", "command"]],
    ["no time", { server: { command: "x" }, timeout: 0 }, ["body", "timeout"]],
    ["too much time", { server: { command: "x" }, timeout: 121 }, ["body", "timeout"]],
    ["a long name", { server: { command: "x" }, name: "n".repeat(129) }, ["body", "name"]],
    [
      "credentials in two places",
      { server: { url: "http://x", headers: { authorization: "a" }, auth: { strategy: "none" } } },
      ["body"],
    ],
    ["OAuth settings at the old place", { server: { url: "http://x", authentication: {} } }, ["body"]],
  ])("refuses %s", async (_, request, loc) => {
    await using trials = openTrials();
    const { status, body } = await trials.ask("POST", TEST, request);
    expect(status).toBe(422);
    expect(body.detail[0].loc.slice(0, loc.length)).toEqual(loc);
  });

  it("keeps nothing", async () => {
    await using trials = openTrials();
    await trials.ask("POST", TEST, { name: "files", server: smallServer() });
    expect((await trials.ask("GET", "/api/settings")).body.agent_settings.mcp_config).toEqual({});
  });
});
