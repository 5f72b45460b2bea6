import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ACP_AGENT } from "../../acp/acp-bench.ts";
import { openServer } from "./open-server.ts";

const path = "/api/acp/models";
const program = { agent_kind: "acp", acp_server: "custom", acp_command: ["/no/such/program"] };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "acp-models-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function fixture(...args: string[]) {
  return { ...program, acp_command: [process.execPath, ACP_AGENT, ...args] };
}

/** How often the program was started that writes to a file. */
async function starts(file: string): Promise<number> {
  const lines = (await readFile(join(folder, file), "utf8")).trimEnd().split("\n");
  return lines.filter((line) => line.includes('"method":"start"')).length;
}

describe("the models of a program", () => {
  it("are those that a session of its own offers, which leaves nothing behind", async () => {
    const conversationsPath = join(folder, "data");
    const ask = openServer({ conversationsPath });
    const { status, body } = await ask("POST", path, {
      agent_settings: {
        ...fixture("--models=option", "--name=codex-acp", `--record=${join(folder, "one")}`),
        acp_model: "large",
      },
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      agent_name: "codex-acp",
      agent_version: "1.2.3",
      current_model_id: "small",
      available_models: [
        { model_id: "small", name: "Small", description: "Quick" },
        { model_id: "large", name: "Large", description: null },
      ],
      supports_runtime_model_switch: true,
      error: null,
    });
    expect(await readFile(join(folder, "one"), "utf8")).not.toContain("set_config_option");
    expect((await readdir(conversationsPath)).filter((name) => name.startsWith(".acp-models-"))).toEqual([]);
  });

  it("are read in the older form as well, and none are known where it is malformed or missing", async () => {
    const ask = openServer();
    const models = async (form: string) =>
      (await ask("POST", path, { agent_settings: fixture(`--models=${form}`) })).body;
    expect((await models("legacy")).available_models).toHaveLength(2);
    expect(await models("legacy")).toMatchObject({
      current_model_id: "small",
      supports_runtime_model_switch: false,
    });
    for (const form of ["malformed", "none"])
      expect(await models(form)).toMatchObject({ current_model_id: null, available_models: [], error: null });
  });

  it("are asked for once in five minutes, unless the secrets differ or the caller wants it anew", async () => {
    const ask = openServer();
    const agent_settings = fixture("--models=option", `--record=${join(folder, "kept")}`);
    const secret = (value: string) => ({ TOKEN: { kind: "StaticSecret", value } });
    await ask("POST", path, { agent_settings });
    await ask("POST", path, { agent_settings: { ...agent_settings, acp_model: "other" } });
    expect(await starts("kept")).toBe(1);
    await ask("POST", path, { agent_settings, secrets: secret("a") });
    await ask("POST", path, { agent_settings, secrets: secret("a") });
    await ask("POST", path, { agent_settings, secrets: secret("b") });
    expect(await starts("kept")).toBe(3);
    await ask("POST", path, { agent_settings, refresh: true });
    expect(await starts("kept")).toBe(4);
  });

  it("are asked for once by equal questions at the same time", async () => {
    const ask = openServer();
    const agent_settings = fixture(`--record=${join(folder, "shared")}`);
    await Promise.all([1, 2, 3].map(() => ask("POST", path, { agent_settings, refresh: true })));
    expect(await starts("shared")).toBe(1);
  });

  it("are asked for again after an error", async () => {
    const ask = openServer();
    const agent_settings = fixture("--start=crash", `--record=${join(folder, "failed")}`);
    await ask("POST", path, { agent_settings });
    await ask("POST", path, { agent_settings });
    expect(await starts("failed")).toBe(2);
  });
});

describe("a program that does not begin", () => {
  it.each([
    ["is not there", { acp_command: ["/no/such/program"] }, "ACPSpawnError", "/no/such/program"],
    ["ends at once", fixture("--start=crash"), "ACPInitError", "the agent has no mind to start"],
    ["refuses the session", fixture("--start=refuse"), "ACPInitError", "[-32602] Invalid params: no folder"],
    ["refuses the credentials", fixture("--start=unauthorized"), "ACPAuthRequired", "401 Unauthorized"],
    [
      "never answers",
      { ...fixture("--start=hang"), acp_startup_timeout: 1 },
      "ACPStartupTimeout",
      "timed out after 1s",
    ],
    ["speaks another version", fixture("--version=7"), "ACPInitError", "version 7"],
  ])("is an answer as well: one that %s", async (_what, settings, code, words) => {
    const { status, body } = await openServer()("POST", path, {
      agent_settings: { ...program, ...settings },
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ available_models: [], error: { code } });
    expect(body.error.detail).toContain(words);
  });

  it("shows no secret in its error", async () => {
    const { body } = await openServer()("POST", path, {
      agent_settings: fixture("--start=secret"),
      secrets: { TOKEN: { kind: "StaticSecret", value: "a-very-secret-value" } },
    });
    expect(body.error.detail).toContain("bad key <secret-hidden>");
  });
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
