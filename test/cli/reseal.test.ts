import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, sqliteStore } from "agent-server";
import { expect, it, onTestFinished } from "vitest";
import { spawnCommand } from "./spawn-server.ts";

function openFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "agent-server-reseal-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Works with a server in this process that is closed again. */
async function serving<T>(
  folder: string,
  secretKey: string,
  work: (ask: (method: string, path: string, body?: object) => Promise<Response>) => Promise<T>,
): Promise<T> {
  const store = sqliteStore({ path: join(folder, "agent-server.db"), durability: "process" });
  await using server = createServer({
    apiKeys: ["key"],
    store,
    secretKey,
    conversationsPath: folder,
    environment: {},
    logger: "silent",
  });
  return await work((method, path, body) =>
    server.fetch(
      new Request(`http://localhost${path}`, {
        method,
        headers: { "X-Session-API-Key": "key", "content-type": "application/json" },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    ),
  );
}

const start = (folder: string, index: number) => ({
  agent: { llm: { model: "demo/tour", api_key: `sk-${index}` } },
  workspace: { working_dir: join(folder, "project") },
  secrets: { TOKEN: { kind: "StaticSecret", value: `hush-${index}` } },
});

async function fill(folder: string, count: number): Promise<void> {
  await serving(folder, "old", async (ask) => {
    await ask("PUT", "/api/settings/secrets", { name: "A", value: "kept" });
    for (let index = 0; index < count; index += 1)
      await ask("POST", "/api/conversations", start(folder, index));
  });
}

async function sealedTexts(folder: string): Promise<string[]> {
  const store = sqliteStore({ path: join(folder, "agent-server.db") });
  const page = { sortOrder: "CREATED_AT", limit: 1_000, documents: ["agent", "secrets", "state"] } as const;
  const records = await store.conversations.search(page);
  await store.close();
  return records.map(({ documents }) => JSON.stringify(documents));
}

function reseal(cwd: string, environment: Record<string, string>, args: string[] = []) {
  return spawnCommand({ cwd, args: ["reseal", "--data", cwd, ...args], environment });
}

async function ended(command: ReturnType<typeof reseal>) {
  if (command.process.exitCode === null) await once(command.process, "close");
  return { code: command.process.exitCode, stdout: command.stdout(), stderr: command.stderr() };
}

/** What a server with this key has of the secrets of all conversations and of its own. */
async function readWith(folder: string, secretKey: string) {
  return serving(folder, secretKey, async (ask) => {
    const value = await (await ask("GET", "/api/settings/secrets/A")).text();
    const { items } = (await (await ask("GET", "/api/conversations/search?limit=100")).json()) as {
      items: { agent_state: { lost_secrets?: string[] } }[];
    };
    return { value, lost: items.filter(({ agent_state }) => agent_state.lost_secrets !== undefined).length };
  });
}

const NEW = { OH_SECRET_KEY: "new", OH_PREVIOUS_SECRET_KEYS: '["old"]' };

it("the command seals everything with the new key, which then needs no other", async () => {
  const folder = openFolder();
  await fill(folder, 3);
  expect(await ended(reseal(folder, NEW))).toMatchObject({
    code: 0,
    stdout:
      "settings, secrets and profiles: 1 secrets sealed again in 1 of 1\n" +
      "conversations: 6 secrets sealed again in 3 of 3\n",
  });
  expect(await readWith(folder, "new")).toEqual({ value: "kept", lost: 0 });
}, 60_000);

it("with a wrong key nothing is lost, and the command names what it could not open", async () => {
  const folder = openFolder();
  await fill(folder, 2);
  const before = await sealedTexts(folder);
  const { code, stdout } = await ended(reseal(folder, { OH_SECRET_KEY: "wrong" }));
  expect(code).toBe(1);
  expect(stdout).toMatch(
    /conversations: 4 secrets that no key opens, kept as they are; add their key to OH_PREV/,
  );
  expect(stdout).toContain("  secret A\n");
  expect(await sealedTexts(folder)).toEqual(before);
  expect((await readWith(folder, "old")).value).toBe("kept");

  const forgotten = await ended(reseal(folder, { OH_SECRET_KEY: "wrong" }, ["--forget-unreadable"]));
  expect([forgotten.code, forgotten.stdout]).toEqual([0, expect.stringContaining("dropped")]);
  await serving(folder, "wrong", async (ask) => {
    expect((await ask("PUT", "/api/settings/secrets", { name: "A", value: "again" })).status).toBe(200);
  });
}, 60_000);

it("a command that is killed goes on when it is started again", async () => {
  const folder = openFolder();
  await fill(folder, 60);
  const first = reseal(folder, NEW);
  const path = join(folder, "agent-server.db-wal");
  // The first page is written once the log of the database has grown.
  await expect.poll(() => sizeOf(path), { interval: 1 }).toBeGreaterThan(20_000);
  first.process.kill("SIGKILL");
  await ended(first);
  const { code, stdout } = await ended(reseal(folder, NEW));
  expect([code, stdout]).toEqual([0, expect.stringMatching(/in \d+ of 60\n$/)]);
  expect(await readWith(folder, "new")).toEqual({ value: "kept", lost: 0 });
}, 90_000);

it("without a secret key, and while a server has the database, the command says why it does nothing", async () => {
  const folder = openFolder();
  expect(await ended(reseal(folder, {}))).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("no secret key is set (OH_SECRET_KEY)"),
  });
  await serving(folder, "old", async () => {
    expect((await ended(reseal(folder, NEW))).stderr).toContain("is in use by another agent-server");
  });
}, 60_000);

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
