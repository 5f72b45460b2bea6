import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentServer, createServer, type ServerOptions } from "agent-server";
import { expect, it, onTestFinished } from "vitest";
import { createCipher } from "../../../src/secrets/cipher.ts";
import { hexOf, type ReferenceFolder, referenceFolder } from "../../cli/reference-folder.ts";

const cipher = createCipher("theirs");

function open(): ReferenceFolder {
  const folder = mkdtempSync(join(tmpdir(), "agent-server-settings-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return referenceFolder(folder);
}

function serve({ path }: ReferenceFolder, options: Partial<ServerOptions> = {}): AgentServer {
  return createServer({
    keyless: "loopback",
    conversationsPath: join(path, "ours/conversations"),
    userDir: path,
    secretKey: "theirs",
    environment: {},
    logger: "silent",
    ...options,
  });
}

interface Answer {
  profiles: { name: string }[];
  secrets: { name: string }[];
  meta_profiles: { name: string }[];
  workspaces: { path: string }[];
  config: { api_key: string; model: string };
  agent_settings: { llm: { api_key: string; model: string } };
  conversation_settings: { max_iterations: number };
}

async function ask(server: AgentServer, path: string, method = "GET", body?: object): Promise<Answer> {
  const headers = { "content-type": "application/json", "X-Expose-Secrets": "plaintext" };
  const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
  const response = await server.fetch(new Request(`http://localhost${path}`, init));
  return (await response.json()) as Answer;
}

function writeAll(source: ReferenceFolder): void {
  source.write("profiles/fast.json", { model: "openai/gpt-4o", api_key: cipher.encrypt("sk-profile") });
  source.write("agent-profiles/helper.json", {
    schema_version: 2,
    id: hexOf(9),
    name: "helper",
    llm_profile_ref: "fast",
    agent_kind: "openhands",
  });
  source.write("meta-profiles/router.json", {
    classifier_model: "fast",
    classes: [{ description: "all", model: "fast" }],
  });
  source.write("settings.json", {
    schema_version: 2,
    agent_settings: {
      schema_version: 5,
      llm: { model: "openai/gpt-4o", api_key: cipher.encrypt("sk-settings") },
    },
    conversation_settings: { max_iterations: 42 },
  });
  source.write("secrets.json", {
    custom_secrets: { A: { name: "A", secret: cipher.encrypt("value"), description: null } },
  });
  source.write("provider-connections/provider_connections.json", {
    schema_version: 1,
    connections: [
      { id: "abc", display_name: "C", api_key: cipher.encrypt("k"), created_at: 1, updated_at: 2 },
    ],
  });
  source.write("workspaces.json", {
    schema_version: 1,
    workspaces: [{ id: "w", name: "W", path: "/w" }],
  });
}

it("a first start takes over every kind of document, before the first answer about them", async () => {
  const source = open();
  writeAll(source);
  await using server = serve(source);
  const settings = await ask(server, "/api/settings");
  expect(settings.agent_settings.llm).toMatchObject({ model: "openai/gpt-4o", api_key: "sk-settings" });
  expect(settings.conversation_settings.max_iterations).toBe(42);
  expect((await ask(server, "/api/profiles/fast")).config.api_key).toBe("sk-profile");
  expect((await ask(server, "/api/agent-profiles")).profiles.map(({ name }) => name)).toContain("helper");
  expect((await ask(server, "/api/meta-profiles")).meta_profiles).toHaveLength(1);
  expect((await ask(server, "/api/settings/secrets")).secrets).toMatchObject([{ name: "A" }]);
  expect(await ask(server, "/api/llm/provider-connections")).toMatchObject([{ id: "abc" }]);
  expect((await ask(server, "/api/workspaces")).workspaces).toMatchObject([{ path: "/w" }]);
});

it("a change that is asked for at the first moment comes after the takeover", async () => {
  const source = open();
  writeAll(source);
  await using server = serve(source);
  await ask(server, "/api/settings", "PATCH", { conversation_settings_diff: { max_iterations: 43 } });
  const settings = await ask(server, "/api/settings");
  expect(settings.agent_settings.llm.api_key).toBe("sk-settings");
  expect(settings.conversation_settings.max_iterations).toBe(43);
});

it("later starts change nothing: what was deleted stays away, and files that changed are not read again", async () => {
  const source = open();
  writeAll(source);
  const first = serve(source);
  await ask(first, "/api/settings/secrets/A", "DELETE");
  await first.close();
  source.write("profiles/fast.json", { model: "openai/other" });
  source.write("profiles/new.json", { model: "openai/other" });
  await using server = serve(source);
  expect((await ask(server, "/api/settings/secrets")).secrets).toEqual([]);
  expect((await ask(server, "/api/profiles/fast")).config.model).toBe("openai/gpt-4o");
  expect((await ask(server, "/api/profiles")).profiles.map(({ name }) => name)).toEqual(["fast"]);
});

it("a document of the same name that is here already stays", async () => {
  const source = open();
  const first = serve(source);
  await ask(first, "/api/profiles/fast", "POST", { llm: { model: "openai/mine" } });
  await first.close();
  writeAll(source);
  await using server = serve(source);
  expect((await ask(server, "/api/profiles/fast")).config.model).toBe("openai/mine");
  expect((await ask(server, "/api/settings")).agent_settings.llm.api_key).toBe("sk-settings");
});

it("a file that cannot be read costs that file, and is named in a warning", async () => {
  const source = open();
  writeAll(source);
  source.write("settings.json", '{"secret-text');
  const warnings: object[] = [];
  const nothing = () => {};
  const warn = (...about: object[]) => void warnings.push(...about);
  await using server = serve(source, {
    logger: { debug: nothing, info: nothing, error: nothing, warn: warn as never },
  });
  expect((await ask(server, "/api/profiles/fast")).config.api_key).toBe("sk-profile");
  expect(JSON.stringify(warnings)).toContain(`${join(source.path, "settings.json")}: file: is not JSON`);
  expect(JSON.stringify(warnings)).not.toContain("secret-text");
});

it("secrets of a lost key are kept as they are: the right key opens them later", async () => {
  const source = open();
  writeAll(source);
  const first = serve(source, { secretKey: "wrong" });
  expect((await ask(first, "/api/profiles/fast")).config.api_key).toBeNull();
  await first.close();
  await using server = serve(source);
  expect((await ask(server, "/api/profiles/fast")).config.api_key).toBe("sk-profile");
  expect((await ask(server, "/api/settings")).agent_settings.llm.api_key).toBe("sk-settings");
});

it("a server that is told to leave such data alone, and one without a folder of the user, read none of it", async () => {
  const source = open();
  writeAll(source);
  for (const options of [{ referenceData: false as const }, { referenceData: { settings: null } }]) {
    await using server = serve(source, options);
    expect((await ask(server, "/api/profiles")).profiles).toEqual([]);
  }
  await using other = createServer({
    keyless: "loopback",
    conversationsPath: join(source.path, "elsewhere/conversations"),
    environment: {},
    logger: "silent",
  });
  expect((await ask(other, "/api/profiles")).profiles).toEqual([]);
});
