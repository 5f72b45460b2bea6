import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, sqliteStore } from "agent-server";
import { expect, it, onTestFinished } from "vitest";
import { createCipher } from "../../src/secrets/cipher.ts";
import {
  event,
  eventId,
  eventName,
  hexOf,
  type ReferenceFolder,
  referenceFolder,
} from "./reference-folder.ts";
import { spawnCommand } from "./spawn-server.ts";

function open(): { source: ReferenceFolder; data: string } {
  const folder = mkdtempSync(join(tmpdir(), "agent-server-import-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return { source: referenceFolder(join(folder, "reference")), data: join(folder, "ours") };
}

function start({ source, data }: ReturnType<typeof open>, environment: Record<string, string> = {}) {
  return spawnCommand({ cwd: tmpdir(), args: ["import", source.path, "--data", data], environment });
}

async function ended(command: ReturnType<typeof start>) {
  if (command.process.exitCode === null) await once(command.process, "close");
  return { code: command.process.exitCode, stdout: command.stdout(), stderr: command.stderr() };
}

/** The parts of answers that the tests look into. */
interface Answer {
  items: { id: string; kind: string; source: string; parent_id?: string; agent_state?: object }[];
  execution_status: string;
  agent_state: object;
  agent_settings: { llm: { api_key: string } };
  config: { api_key: string; model: string };
  profile: object;
  secrets: { name: string }[];
  meta_profiles: object[];
  workspaces: object[];
}

type Ask = (path: string, body?: object) => Promise<{ text: string; json: Answer }>;

async function serving(data: string, secretKey: string | undefined, work: (ask: Ask) => Promise<void>) {
  const store = sqliteStore({ path: join(data, "agent-server.db"), durability: "process" });
  await using server = createServer({
    apiKeys: ["key"],
    store,
    ...(secretKey !== undefined && { secretKey }),
    conversationsPath: data,
    environment: {},
    logger: "silent",
  });
  await work(async (path, body) => {
    const headers = {
      "X-Session-API-Key": "key",
      "X-Expose-Secrets": "plaintext",
      "content-type": "application/json",
    };
    const init = { headers, ...(body && { method: "POST", body: JSON.stringify(body) }) };
    const response = await server.fetch(new Request(`http://localhost${path}`, init));
    const text = await response.text();
    return { text, json: JSON.parse(text) as Answer };
  });
}

const cipher = createCipher("theirs");
const THEIRS = { OH_SECRET_KEY: "theirs" };
const ROTATED = { OH_SECRET_KEY: "ours", OH_PREVIOUS_SECRET_KEYS: '["theirs"]' };

/** A document of every kind, of the versions that 1.43 wrote. */
function writeDocuments(source: ReferenceFolder): void {
  const llm = { model: "openai/gpt-4o", api_key: cipher.encrypt("sk-profile"), schema_version: 1 };
  source.write("profiles/fast.json", llm);
  source.write("profiles/.profiles.lock", "");
  const helper = {
    schema_version: 2,
    id: hexOf(9),
    name: "helper",
    llm_profile_ref: "fast",
    agent_kind: "openhands",
  };
  source.write("agent-profiles/helper.json", helper);
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
    active_profile: "fast",
  });
  const secret = (name: string) => [
    name,
    { name, secret: cipher.encrypt(`value of ${name}`), description: "d" },
  ];
  source.write("secrets.json", { custom_secrets: Object.fromEntries(["ZED", "ALPHA"].map(secret)) });
  const connection = {
    id: "abc",
    display_name: "C",
    api_key: cipher.encrypt("sk-shared"),
    created_at: 1,
    updated_at: 2,
  };
  source.write("provider-connections/provider_connections.json", {
    schema_version: 1,
    connections: [connection],
  });
  source.write("workspaces.json", { schema_version: 1, workspaces: [{ id: "w", name: "W", path: "/w" }] });
}

it("everything in a data folder is imported, and sealed with this server's key", async () => {
  const folders = open();
  const { source, data } = folders;
  const id = source.conversation({ apiKey: cipher.encrypt("sk-model"), token: cipher.encrypt("hush") });
  source.write(`conversations/${hexOf(1)}/observations/long.txt`, "long output");
  writeDocuments(source);
  expect(await ended(start(folders, ROTATED))).toEqual({
    code: 0,
    stdout: "imported: 1 conversations with 3 events, 8 settings, secrets and profiles\n",
    stderr: "",
  });
  expect(readFileSync(join(data, hexOf(1), "observations/long.txt"), "utf8")).toBe("long output");
  expect(readdirSync(join(data, hexOf(1)))).toEqual(["observations"]);
  await serving(data, "ours", async (ask) => {
    const { json: info } = await ask(`/api/conversations/${id}`);
    expect(info).toMatchObject({
      title: "Tale 1",
      execution_status: "finished",
      max_iterations: 77,
      tags: { origin: "reference" },
      created_at: "2026-03-02T09:00:00.000000Z",
      agent_state: {},
    });
    expect((await ask("/api/conversations/search")).json.items).toHaveLength(1);
    const { text } = await ask(`/api/conversations/${id}/events/search`);
    expect(text).toContain(event(0));
    expect(text).toContain(event(2));
    expect((await ask("/api/settings")).json).toMatchObject({
      active_profile: "fast",
      agent_settings: { schema_version: 9, llm: { api_key: "sk-settings" } },
      conversation_settings: { max_iterations: 42 },
    });
    expect((await ask("/api/profiles/fast")).json.config.api_key).toBe("sk-profile");
    expect((await ask("/api/agent-profiles/helper")).json.profile).toMatchObject({ schema_version: 4 });
    expect((await ask("/api/meta-profiles")).json.meta_profiles).toHaveLength(1);
    expect((await ask("/api/llm/provider-connections")).json).toMatchObject([
      { id: "abc", api_key_set: true },
    ]);
    expect((await ask("/api/workspaces")).json.workspaces).toMatchObject([{ path: "/w" }]);
    const { json: secrets } = await ask("/api/settings/secrets");
    expect(secrets.secrets.map(({ name }) => name)).toEqual(["ZED", "ALPHA"]);
  });
}, 60_000);

it("an imported conversation goes on with the next message", async () => {
  const folders = open();
  const id = folders.source.conversation();
  await ended(start(folders));
  await serving(folders.data, undefined, async (ask) => {
    const content = [{ type: "text", text: "And now?" }];
    await ask(`/api/conversations/${id}/events`, { role: "user", content, run: true });
    const log = async () => (await ask(`/api/conversations/${id}/events/search?limit=100`)).json.items;
    const isAnswered = async () => (await log()).slice(4).some(({ source }) => source === "agent");
    await expect.poll(isAnswered, { timeout: 30_000 }).toBe(true);
    expect((await log())[3]?.parent_id).toBe(eventId(2));
  });
}, 90_000);

it("an exported conversation has the reference's layout, without secrets, and can be imported elsewhere", async () => {
  const folders = open();
  const { source, data } = folders;
  const id = source.conversation({ apiKey: cipher.encrypt("sk-model"), token: cipher.encrypt("hush-hush") });
  source.write(`conversations/${hexOf(1)}/observations/long.txt`, "long output");
  await ended(start(folders, THEIRS));
  const to = join(data, "out");
  const run = () =>
    ended(
      spawnCommand({ cwd: tmpdir(), args: ["export", id, "--data", data, "--to", to], environment: THEIRS }),
    );
  expect(await run()).toEqual({ code: 0, stdout: `${join(to, hexOf(1))}\n`, stderr: "" });
  const texts = readdirSync(to, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => [name, readFileSync(join(parentPath, name), "utf8")]);
  expect(Object.fromEntries(texts)).toMatchObject({ [eventName(2)]: event(2), "long.txt": "long output" });
  expect(JSON.stringify(texts)).not.toMatch(/sk-model|hush-hush|gAAAAA/);
  expect(await run()).toMatchObject({ code: 1, stderr: expect.stringContaining("exists already") });

  const elsewhere = { source: referenceFolder(to), data: join(data, "elsewhere") };
  expect((await ended(start(elsewhere))).stdout).toContain("imported: 1 conversations with 3 events");
}, 60_000);

it("a second import brings what is new, and leaves alone what is here", async () => {
  const folders = open();
  const { source, data } = folders;
  const first = source.conversation();
  source.write("profiles/fast.json", { model: "openai/gpt-4o" });
  await ended(start(folders));
  source.write("profiles/fast.json", { model: "openai/other" });
  source.write("profiles/new.json", { model: "openai/new" });
  source.conversation({ index: 2 });
  source.write(`conversations/${hexOf(1)}/events/${eventName(3)}`, event(3));
  const { code, stdout } = await ended(start(folders));
  expect(code).toBe(0);
  expect(stdout).toBe(
    "imported: 1 conversations with 3 events, 1 settings, secrets and profiles\n" +
      `2 were here before and are left alone:\n  LLM profile fast\n  conversation ${first}\n`,
  );
  await serving(data, undefined, async (ask) => {
    expect((await ask("/api/profiles/fast")).json.config.model).toBe("openai/gpt-4o");
    expect((await ask(`/api/conversations/${first}/events/count`)).json).toBe(3);
  });
}, 60_000);

it("a file that cannot be read costs that file, and is named", async () => {
  const folders = open();
  const { source, data } = folders;
  const id = source.conversation({ events: 4 });
  const place = `conversations/${hexOf(1)}/events`;
  source.write(`${place}/${eventName(1)}`, '{"secret-text');
  source.write(`${place}/event-00006-${eventId(6)}.json`, event(6));
  source.conversation({ index: 2 });
  source.write(`conversations/${hexOf(2)}/base_state.json`, "[]");
  source.conversation({ index: 3, base: { agent: { kind: "ACPAgent" } } });
  source.write(`conversations/${hexOf(4)}/meta.json`, { title: 7 });
  source.conversation({ index: 5, events: 0 });
  rmSync(join(source.path, `conversations/${hexOf(5)}/events`), { recursive: true });
  source.write(`conversations/${hexOf(5)}/events`, "no folder");
  source.write("meta-profiles", "no folder");
  source.write("profiles/bad.json", { model: 5 });
  source.write("profiles/good.json", { model: "openai/gpt-4o" });
  source.write("settings.json", { schema_version: 99 });
  source.write("secrets.json", "\xff{");
  const { code, stdout } = await ended(start(folders));
  expect(code).toBe(1);
  expect(stdout).toContain("imported: 1 conversations with 4 events, 1 settings, secrets and profiles\n");
  const path = (name: string) => join(source.path, name);
  for (const line of [
    `${path(`${place}/${eventName(1)}`)}: is not a JSON object`,
    `${path(`${place}/${eventName(6)}`)}: follows a gap: event 4 is missing`,
    `${path(`conversations/${hexOf(2)}/base_state.json`)}: is not a JSON object`,
    `${path(`conversations/${hexOf(3)}/base_state.json`)}: is not of a known form at agent`,
    `${path(`conversations/${hexOf(4)}/base_state.json`)}: `,
    `${path(`conversations/${hexOf(5)}`)}: `,
    `${path("meta-profiles")}: folder: `,
    `${path("profiles/bad.json")}: LLM profile bad: it is not of today's form at model`,
    `${path("settings.json")}: settings document settings: `,
    `${path("secrets.json")}: file: is not JSON`,
  ]) {
    expect(stdout).toContain(line);
  }
  expect(stdout).not.toContain("secret-text");
  await serving(data, undefined, async (ask) => {
    const { items } = (await ask(`/api/conversations/${id}/events/search`)).json;
    expect(items.map((each) => each.id)).toEqual([0, 1, 2, 3].map(eventId));
    expect(items[1]).toMatchObject({ kind: "ConversationErrorEvent", code: "DamagedEvent" });
    expect((await ask("/api/conversations/count")).json).toBe(1);
  });
}, 60_000);

it("installed skills stay where they are, and the report says how they are found", async () => {
  const folders = open();
  folders.source.write("profiles/fast.json", { model: "openai/gpt-4o" });
  folders.source.write("skills/installed/one/SKILL.md", "---\nname: one\ndescription: d\n---\n");
  const { code, stdout } = await ended(start(folders));
  const folder = folders.source.path;
  expect(code).toBe(0);
  expect(stdout).toContain(`  ${folder}: found with OH_PERSISTENCE_DIR=${folder}\n`);
  const again = await ended(start(folders, { OH_PERSISTENCE_DIR: folder }));
  expect(again.stdout).toContain(`  ${folder}: found there\n`);
}, 60_000);

it("with a wrong key the tokens stay as they are, and the right key still opens them", async () => {
  const folders = open();
  const { source, data } = folders;
  const id = source.conversation({ apiKey: cipher.encrypt("sk-model"), token: cipher.encrypt("hush") });
  writeDocuments(source);
  const { code, stdout } = await ended(start(folders, { OH_SECRET_KEY: "wrong" }));
  expect(code).toBe(1);
  expect(stdout).toContain(
    "6 hold secrets that no key opens (7 in all); they are kept as they are: set OH_SECRET_KEY",
  );
  expect(stdout).toContain(`  conversation ${id} (agent/llm/api_key, secrets/TOKEN/value)\n`);
  await serving(data, "theirs", async (ask) => {
    expect((await ask("/api/profiles/fast")).json.config.api_key).toBe("sk-profile");
    expect((await ask("/api/settings")).json.agent_settings.llm.api_key).toBe("sk-settings");
    expect((await ask(`/api/conversations/${id}`)).json.agent_state).toEqual({});
  });
}, 60_000);

it("without a key plain documents stay plain, and secrets that nobody kept are named", async () => {
  const folders = open();
  const { source, data } = folders;
  source.conversation({ apiKey: "**********", token: "**********" });
  source.write("secrets.json", { custom_secrets: { A: { name: "A", secret: "plain", description: null } } });
  const { code, stdout } = await ended(start(folders));
  expect(code).toBe(0);
  expect(stdout).toContain("kept no secrets; set them again: agent/llm/api_key, secrets/TOKEN/value");
  await serving(data, undefined, async (ask) => {
    expect((await ask("/api/conversations/search")).json.items[0]?.agent_state).toEqual({});
  });
}, 60_000);

it("a conversation that a server has open is not imported", async () => {
  const folders = open();
  folders.source.conversation();
  const lease = { owner_instance_id: "x", generation: 1, expires_at: Date.now() / 1_000 + 40 };
  folders.source.write(`conversations/${hexOf(1)}/owner_lease.json`, lease);
  const { code, stdout } = await ended(start(folders));
  expect([code, stdout]).toEqual([
    1,
    expect.stringContaining("owner_lease.json: a server has the conversation open"),
  ]);
}, 60_000);

/** A folder with a long conversation, and an import of it that was killed between two parts of its log. */
async function killed() {
  const folders = open();
  const id = folders.source.conversation({ events: 2_500 });
  const run = start(folders, THEIRS);
  await expect
    .poll(() => sizeOf(join(folders.data, "agent-server.db-wal")), { timeout: 60_000, interval: 1 })
    .toBeGreaterThan(600_000);
  run.process.kill("SIGKILL");
  await ended(run);
  return { folders, id };
}

it("an import that is killed goes on where it was", async () => {
  const { folders, id } = await killed();
  const { code, stdout } = await ended(start(folders, THEIRS));
  expect([code, stdout]).toEqual([0, expect.stringContaining("imported: 1 conversations with 2500 events")]);
  await serving(folders.data, "theirs", async (ask) => {
    expect((await ask(`/api/conversations/${id}/events/count`)).json).toBe(2_500);
    expect((await ask("/api/conversations/count")).json).toBe(1);
  });
}, 120_000);

it("an import that is killed is finished by the server, which lists the conversation until then", async () => {
  const { folders, id } = await killed();
  folders.source.write(`conversations/${hexOf(1)}/observations/long.txt`, "long output");
  await serving(folders.data, "theirs", async (ask) => {
    expect((await ask("/api/conversations/count")).json).toBe(1);
    expect((await ask("/api/conversations/search")).json.items.map((each) => each.id)).toEqual([id]);
    expect((await ask(`/api/conversations/${id}/events/count`)).json).toBe(2_500);
    const last = `/api/conversations/${id}/events/search?sort_order=TIMESTAMP_DESC&limit=1`;
    expect((await ask(last)).json.items[0]?.id).toBe(eventId(2_499));
  });
  expect(readFileSync(join(folders.data, hexOf(1), "observations/long.txt"), "utf8")).toBe("long output");
}, 120_000);

it("a folder without such data is refused by name", async () => {
  const folders = open();
  folders.source.write("readme.txt", "x");
  const { code, stderr } = await ended(start(folders));
  expect([code, stderr]).toEqual([1, expect.stringContaining("holds no data of an OpenHands agent server")]);
  const nothing = await ended(spawnCommand({ cwd: tmpdir(), args: ["import"] }));
  expect(nothing.stderr).toContain("import: expected a folder");
}, 60_000);

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
