import { type SmallServer, smallServer } from "../../mcp/small-server.ts";
import type { Client } from "../client.ts";
import { call, finish, type Scenario } from "../scenario.ts";

const TEST = "/api/mcp/test";

const withServers = (servers: Record<string, SmallServer>, more: object = {}) => ({
  mcp_config: Object.fromEntries(
    Object.entries(servers).map(([name, options]) => [name, { ...smallServer(options), ...more }]),
  ),
});

const object = (properties: object, more: object = {}) => ({ type: "object", properties, ...more });
const answerer = (name: string, inputSchema: object, more: object = {}) => ({
  name,
  description: `About ${name}.`,
  inputSchema,
  ...more,
});

/** A reference to a secret. */
const ref = (name: string) => `$\{${name}}`;

/** Tools whose descriptions have everything that MCP knows. */
const RICH = [
  answerer(
    "nested",
    object({ at: object({ x: { type: "number", minimum: 1 } }, { required: ["x"] }) }, { required: ["at"] }),
  ),
  answerer(
    "referred",
    object(
      { node: { $ref: "#/$defs/node" } },
      { $defs: { node: object({ next: { $ref: "#/$defs/node" } }) } },
    ),
  ),
  answerer(
    "either",
    object({ value: { anyOf: [{ type: "string" }, { type: "null" }] }, kind: { type: "string" } }),
  ),
  answerer("summed", object({ summary: { type: "string" } }, { required: ["summary"] })),
  answerer("described", object({}), {
    title: "A title",
    annotations: { title: "Shown so", readOnlyHint: true, destructiveHint: false },
    outputSchema: object({ ok: { type: "boolean" } }),
    _meta: { "example.com/a": 1 },
  }),
  { name: "bare", inputSchema: { type: "object" } },
];

/** Servers of MCP that both sides start: a program of one file. */
export const mcpScenarios: Scenario[] = [
  {
    name: "a tool of an MCP server",
    script: [
      call("echo", { text: "hello", summary: "Says hello" }),
      call("add", { a: 1, b: 2.5, security_risk: "LOW" }),
      call("echo", { text: "loud", loud: true }),
      finish,
    ],
    agent: withServers({ small: {} }),
  },
  {
    name: "arguments of an MCP tool",
    script: [
      call("echo", { text: "hello", loud: null }),
      call("echo", {}),
      call("echo", { text: "x", unknown: 1 }),
      call("add", { a: "1", b: 2 }),
      call("add", { a: "one", b: 2 }),
      call("echo", "{not json"),
      call("ecko", { text: "x" }),
      finish,
    ],
    agent: withServers({ small: {} }),
  },
  {
    name: "errors and pictures of an MCP server",
    script: [call("fail", {}), call("picture", {}), finish],
    agent: withServers({ small: {} }),
  },
  {
    name: "several MCP servers",
    script: [
      call("one_echo", { text: "a" }),
      call("two_add", { a: 1, b: 1 }),
      call("echo", { text: "b" }),
      finish,
    ],
    agent: withServers({ one: {}, two: {} }),
  },
  {
    name: "an MCP server that is switched off",
    script: [call("echo", { text: "a" }), finish],
    agent: { mcp_config: { on: smallServer(), off: { ...smallServer(), enabled: false } } },
  },
  {
    name: "filtered MCP tools",
    script: [call("echo", { text: "a" }), call("add", { a: 1, b: 1 }), finish],
    agent: { ...withServers({ small: {} }), filter_tools_regex: "e" },
  },
  {
    name: "MCP tools of every form",
    script: [
      call("nested", { at: { x: 0 } }),
      call("referred", { node: { next: { next: {} } } }),
      call("either", { kind: "a kind" }),
      call("summed", { summary: "its own" }),
      call("described", {}),
      call("bare", {}),
      finish,
    ],
    agent: withServers({ small: { tools: RICH } }),
  },
  {
    name: "secrets of MCP servers and their tools",
    script: [
      call("env", { name: "OWN" }),
      call("env", { name: "OTHER" }),
      call("echo", {
        text: `$TOKEN_M and ${ref("TOKEN_M")} and ${ref("TOKEN_N:-spare")} and ${ref("TOKEN_N")}`,
      }),
      finish,
    ],
    request: { secrets: { TOKEN_M: { kind: "StaticSecret", value: "value-of-m" } } },
    agent: withServers(
      { small: {} },
      { env: { OWN: `<${ref("TOKEN_M")}>`, OTHER: `${ref("TOKEN_N:-spare")} ${ref("TOKEN_N")}` } },
    ),
  },
  {
    name: "MCP tools that change",
    script: [call("reshape", {}), call("echo", { text: "wait" }), call("sum", { a: 1, b: 1 }), finish],
    agent: withServers({ small: {} }),
  },
  {
    name: "an MCP server that does not start",
    // With a second server, it is a matter of time whether the reference has that one's tools.
    script: [call("echo", { text: "a" }), finish],
    agent: { mcp_config: { gone: { command: "no-such-program-anywhere" } } },
  },
  {
    name: "an MCP server that ends during a call",
    script: [call("die", {}), call("echo", { text: "back" }), finish],
    agent: withServers({ small: {} }),
  },
  {
    name: "an MCP tool that waits for confirmation",
    script: [call("add", { a: 1, b: 2 }), finish],
    request: { confirmation_policy: { kind: "AlwaysConfirm" } },
    agent: withServers({ small: {} }),
    drive: async (client) => {
      await client.sendAndWait("Go.");
      await client.post("/events/respond_to_confirmation", { accept: false, reason: "no" });
    },
  },
  {
    name: "an MCP server is tested",
    script: [],
    drive: async (client) => {
      const server = smallServer();
      await test(client, { server });
      await test(client, {
        server: { type: "stdio", ...server },
        name: "  ",
        tool_call: { name: "echo", arguments: { text: "hi" } },
      });
      await test(client, { server, tool_call: { name: "fail" } });
      await test(client, { server, tool_call: { name: "missing" } });
    },
  },
  {
    name: "an MCP server that cannot be tested",
    script: [],
    drive: async (client) => {
      await test(client, { server: { command: "no-such-program-anywhere" } });
      await test(client, { server: { url: "http://127.0.0.1:9/mcp" } });
      await test(client, { server: smallServer({ mode: "mute" }), timeout: 1 });
    },
  },
  {
    name: "requests to test an MCP server that are refused",
    script: [],
    drive: async (client) => {
      const url = "http://127.0.0.1:9/mcp";
      const wrong = [
        {},
        { server: {} },
        { server: { type: "stdio" } },
        { server: { type: "http" } },
        { server: { type: "teleport", url } },
        { server: { transport: "sse", url: "" } },
        { server: { command: "x" }, timeout: 0 },
        { server: { command: "x" }, timeout: 121 },
        { server: { command: "x" }, name: "" },
        { server: { command: "x" }, name: "n".repeat(129) },
        { server: { command: "x" }, tool_call: { name: "" } },
        { server: { command: "x" }, tool_call: {} },
        { server: { command: 1 } },
        { server: { url, authentication: {} } },
        { server: { url, auth: { strategy: "none" }, headers: { authorization: "x" } } },
        { server: { url, auth: { strategy: "magic" } } },
      ];
      for (const request of wrong) await test(client, request);
      await client.ask("POST", "/api/mcp/oauth/start", { server: { url } });
      await client.ask("POST", "/api/mcp/oauth/start", { server: { command: "x" } });
      await client.ask("GET", "/api/mcp/oauth/status/none");
      await client.ask("POST", "/api/mcp/oauth/callback/none", { callback_url: "http://localhost/callback" });
      await client.ask("POST", "/api/mcp/oauth/callback/none", {});
    },
  },
];

function test(client: Client, request: object) {
  return client.ask("POST", TEST, request);
}
