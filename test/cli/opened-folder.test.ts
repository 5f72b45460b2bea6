import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createCipher } from "../../src/secrets/cipher.ts";
import { type ReferenceFolder, referenceFolder } from "./reference-folder.ts";
import { type SpawnedServer, spawnServer } from "./spawn-server.ts";

const KEY = "theirs";

function open(): ReferenceFolder {
  const folder = mkdtempSync(join(tmpdir(), "agent-server-opened-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return referenceFolder(folder);
}

async function spawn({ path }: ReferenceFolder, environment: Record<string, string>): Promise<SpawnedServer> {
  const home = join(path, "home");
  mkdirSync(home, { recursive: true });
  const server = await spawnServer({
    cwd: path,
    environment: { HOME: home, OH_SECRET_KEY: KEY, ...environment },
  });
  onTestFinished(async () => {
    await server.stop("SIGKILL");
  });
  return server;
}

async function ask<T>({ url }: SpawnedServer, path: string): Promise<T> {
  return (await (await fetch(url + path)).json()) as T;
}

interface Page {
  items: { id: string; title: string }[];
}

it("the folders of the variables are opened, with conversations and settings", async () => {
  const source = open();
  const id = source.conversation();
  source.write("data/profiles/fast.json", {
    model: "openai/gpt-4o",
    api_key: createCipher(KEY).encrypt("sk-profile"),
  });
  const server = await spawn(source, {
    OH_CONVERSATIONS_PATH: join(source.path, "conversations"),
    OH_PERSISTENCE_DIR: join(source.path, "data"),
  });
  expect((await ask<Page>(server, "/api/conversations/search")).items).toMatchObject([
    { id, title: "Tale 1" },
  ]);
  expect(await ask(server, `/api/conversations/${id}/events/count`)).toBe(3);
  expect(await ask(server, "/api/profiles")).toMatchObject({
    profiles: [{ name: "fast", api_key_set: true }],
  });
}, 60_000);

it("so is the folder of the config file, and the one of the user where no variable names another", async () => {
  const source = open();
  const id = source.conversation();
  source.write("home/.openhands/profiles/fast.json", { model: "openai/gpt-4o" });
  source.write("config.json", { conversations_path: join(source.path, "conversations") });
  const server = await spawn(source, {
    OPENHANDS_AGENT_SERVER_CONFIG_PATH: join(source.path, "config.json"),
  });
  expect((await ask<Page>(server, "/api/conversations/search")).items).toMatchObject([{ id }]);
  expect(await ask(server, "/api/profiles")).toMatchObject({ profiles: [{ name: "fast" }] });
}, 60_000);

it("a server that is killed while it imports a conversation has it whole after its next start", async () => {
  const source = open();
  const id = source.conversation({ events: 2_500 });
  const home = join(source.path, "conversations");
  const environment = { OH_CONVERSATIONS_PATH: home };
  const first = await spawn(source, environment);
  await ask(first, "/api/conversations/search");
  const before = sizeOf(join(home, "agent-server.db-wal"));
  const reading = ask(first, `/api/conversations/${id}/events/count`).catch(() => "cut");
  await expect
    .poll(() => sizeOf(join(home, "agent-server.db-wal")), { timeout: 30_000, interval: 1 })
    .toBeGreaterThan(before + 200_000);
  await first.stop("SIGKILL");
  expect(await reading).toBe("cut");
  const second = await spawn(source, environment);
  expect((await ask<Page>(second, "/api/conversations/search")).items).toMatchObject([{ id }]);
  const counts = [1, 2].map(() => ask(second, `/api/conversations/${id}/events/count`));
  expect(await Promise.all(counts)).toEqual([2_500, 2_500]);
}, 120_000);

it("a second server on the same folder does not start, and says why", async () => {
  const source = open();
  source.conversation();
  const environment = { OH_CONVERSATIONS_PATH: join(source.path, "conversations") };
  await spawn(source, environment);
  await expect(spawn(source, environment)).rejects.toThrow(/in use/);
}, 60_000);

function sizeOf(path: string): number {
  return existsSync(path) ? statSync(path).size : 0;
}
