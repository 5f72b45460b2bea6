import { createTestServer } from "agent-server/testing";
import { expect, it } from "vitest";

const KEY = "key";
const VALUES = [
  ...[null, -1, 1e308, true, "", "__proto__", "constructor", "\u0000", "\ud800", "x".repeat(5_000)],
  ...[[], [null], [["a"]], ["__proto__"], [{ name: "constructor" }], {}, { kind: "__proto__" }, { kind: {} }],
  ...[{ toString: 1 }, { "": 1 }, JSON.parse('{"__proto__":{"polluted":true}}')],
];
const AGENT_FIELDS = [
  "tools",
  "llm",
  "include_default_tools",
  "filter_tools_regex",
  "agent_context",
  "condenser",
];

/**
 * Paths that answer 503 without an issuer of sign-ins, an editor or an origin of back ends, whatever they are sent.
 * They read no value but ids.
 */
const UNAVAILABLE = [
  "/api/llm/subscription/openai/device/start",
  "/api/vscode/url",
  "/app-backends/x/session",
];

/** Starts programs of the registry. Its values have a test of their own, `test/routes/settings/acp-models.test.ts`. */
const STARTS_PROGRAMS = "/api/acp/models";

it("no value in any place of a request ends in an error of the server or reaches a prototype", async () => {
  const errors: string[] = [];
  const note = (fields: object, message: string) => void errors.push(`${message} ${JSON.stringify(fields)}`);
  const logger = { debug() {}, info() {}, warn() {}, error: note };
  await using server = await createTestServer({ apiKeys: [KEY], secretKey: "master", logger });
  const failed: string[] = [];
  const headers = { "content-type": "application/json", "x-session-api-key": KEY };
  const send = async (method: string, path: string, value: unknown) => {
    const body = method === "GET" ? null : JSON.stringify(value);
    const { status } = await server.fetch(new Request(`http://localhost${path}`, { method, headers, body }));
    if (status >= 500) failed.push(`${status} ${method} ${path} ${body?.slice(0, 200)}`);
  };
  const conversation = (agent: object = {}) => ({
    workspace: { working_dir: server.workingDir },
    agent: { llm: { model: "demo/tour" }, tools: [], ...agent },
  });
  const created = await server.conversations.create(conversation());
  const { paths = {}, components } = server.openapi();
  const fieldsOf = (schema: object | undefined): string[] => {
    const name = (schema as { $ref?: string } | undefined)?.$ref?.split("/").at(-1);
    const resolved = name === undefined ? schema : components?.schemas?.[name];
    return Object.keys((resolved as { properties?: object } | undefined)?.properties ?? {});
  };

  for (const [template, operations] of Object.entries(paths)) {
    const path = template.replace("{conversation_id}", created.info.id).replace(/\{[^}]+\}/, "x");
    for (const [method, operation] of Object.entries(operations).map(([name, each]) => [
      name.toUpperCase(),
      each,
    ])) {
      if (method === "DELETE" || /\/(run|pause|interrupt)$/.test(path)) continue;
      if (UNAVAILABLE.includes(path) || path === STARTS_PROGRAMS) continue;
      const isStart = template === "/api/conversations" && method === "POST";
      const content = operation.requestBody?.content["application/json"];
      const queries: string[] = (operation.parameters ?? []).flatMap((one: { in: string; name: string }) =>
        one.in === "query" ? [one.name] : [],
      );
      for (const value of VALUES) {
        await send(method, path, value);
        for (const field of fieldsOf(content?.schema))
          await send(method, path, { ...(isStart ? conversation() : {}), [field]: value });
        for (const field of isStart ? AGENT_FIELDS : [])
          await send(method, path, conversation({ [field]: value }));
        const text = encodeURIComponent(
          (typeof value === "string" ? value : JSON.stringify(value)).toWellFormed(),
        );
        for (const name of queries) await send(method, `${path}?${name}=${text}`, {});
      }
    }
  }
  expect({ failed, errors }).toEqual({ failed: [], errors: [] });
  expect("polluted" in {}).toBe(false);
}, 60_000);
