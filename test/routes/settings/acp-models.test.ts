import { expect, it } from "vitest";
import { openServer } from "./open-server.ts";

const path = "/api/acp/models";
const program = { agent_kind: "acp", acp_server: "custom", acp_command: ["/no/such/program"] };

it("the models of an ACP agent are not known, since none is started, and the answer says so", async () => {
  const ask = openServer();
  for (const agent_settings of [program, {}, { acp_server: "codex", acp_model: "any" }]) {
    const server = "acp_server" in agent_settings ? agent_settings.acp_server : "claude-code";
    expect(await ask("POST", path, { agent_settings, refresh: true })).toEqual({
      status: 200,
      body: {
        agent_name: null,
        agent_version: null,
        current_model_id: null,
        available_models: [],
        supports_runtime_model_switch: false,
        error: {
          code: "ACPSpawnError",
          detail: `This server runs no ACP agents: '${server}' was not started, and no models of it are known`,
        },
      },
    });
  }
});

it.each([
  ["no settings", {}, ["body", "agent_settings"]],
  [
    "another kind of agent",
    { agent_settings: { agent_kind: "openhands" } },
    ["body", "agent_settings", "agent_kind"],
  ],
  ["an unknown program", { agent_settings: { acp_server: "zed" } }, ["body", "agent_settings", "acp_server"]],
  [
    "a secret without a kind",
    { agent_settings: program, secrets: { A: { value: "v" } } },
    ["body", "secrets", "A"],
  ],
  ["a word for a switch", { agent_settings: program, refresh: "perhaps" }, ["body", "refresh"]],
])("%s is refused, and the field named", async (_what, body, loc) => {
  const { status, body: answer } = await openServer()("POST", path, body);
  expect(status).toBe(422);
  expect(answer.detail).toMatchObject([{ loc }]);
});

it("a program of one's own needs its command", async () => {
  const { status, body } = await openServer()("POST", path, { agent_settings: { acp_server: "custom" } });
  expect(status).toBe(422);
  expect(body.detail).toMatch(/^ACPAgentSettings\.acp_command must be set/);
});

it("nobody asks without the key", async () => {
  const ask = openServer();
  expect(
    (await ask("POST", path, { agent_settings: program }, { "X-Session-API-Key": "wrong" })).status,
  ).toBe(401);
});
