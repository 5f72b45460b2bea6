import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { dropSchema, newSchema, query, type TestSchema } from "../../postgres/test-postgres.ts";
import { type SpawnedServer, spawnCommand, spawnServer } from "../spawn-server.ts";

// Several commands start one after the other.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let folder: string;
let schema: TestSchema;
const servers: SpawnedServer[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-server-cli-postgres-"));
  schema = await newSchema();
});

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop("SIGKILL")));
  await dropSchema(schema);
  await rm(folder, { recursive: true, force: true });
});

/** The flags, without the password, which the command finds in its environment. */
function place(): { args: string[]; environment: Record<string, string> } {
  const url = new URL(schema.connectionString);
  const password = decodeURIComponent(url.password);
  url.password = "";
  return {
    args: ["--store", url.href, "--store-schema", schema.schema],
    environment: { PGPASSWORD: password, OH_SECRET_KEY: "a long random text, kept" },
  };
}

async function run(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { args: flags, environment } = place();
  const command = spawnCommand({ cwd: folder, args: [...args, ...flags], environment });
  await new Promise((resolve) => command.process.once("close", resolve));
  return { code: command.process.exitCode, stdout: command.stdout(), stderr: command.stderr() };
}

async function serve(): Promise<SpawnedServer> {
  const server = await spawnServer({ cwd: folder, ...place() });
  servers.push(server);
  return server;
}

async function ask(url: string, path: string, body?: object): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${url}${path}`, {
    headers,
    ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
  });
  expect(response.ok).toBe(true);
  return response.json();
}

it("migrate says what is missing, makes it, and then has nothing to do", async () => {
  const dry = await run("migrate", "--dry-run");
  expect(dry).toEqual({ code: 0, stdout: expect.stringMatching(/^1 .*: is missing\n$/m), stderr: "" });
  expect((await run("migrate", "--dry-run")).stdout).toBe(dry.stdout);
  expect((await run("migrate")).stdout).toMatch(/: is missing\n\d+ made\n$/);
  expect((await run("migrate")).stdout).toMatch(/: is there\nnothing to do\n$/);
});

it("a server keeps its conversations in Postgres, goes on after kill -9, and leaves no file of a database", async () => {
  const first = await serve();
  expect(first.stdout()).toContain(`Store          Postgres, schema ${schema.schema}`);
  const { id } = (await ask(first.url, "/api/conversations", {
    agent: { llm: { model: "demo/tour" }, tools: [{ name: "terminal" }] },
    workspace: { working_dir: join(folder, "project") },
    initial_message: { content: [{ type: "text", text: "Have a look around." }] },
  })) as { id: string };
  await expect
    .poll(
      async () => (await query(schema, "SELECT count(*)::integer AS count FROM $schema.events"))[0]?.count,
    )
    .toBeGreaterThan(3);
  await first.stop("SIGKILL");

  const second = await serve();
  await expect.poll(async () => (await fetch(`${second.url}/ready`)).status).toBe(200);
  const status = async () =>
    ((await ask(second.url, `/api/conversations/${id}`)) as { execution_status: string }).execution_status;
  await expect.poll(status).not.toBe("running");
  const message = { role: "user", content: [{ type: "text", text: "Go on." }], run: true };
  await ask(second.url, `/api/conversations/${id}/events`, message);
  await expect.poll(status).toBe("finished");
  expect(await second.stop()).toBe(0);

  const files = await readdir(folder, { recursive: true });
  expect(files.filter((name) => name.endsWith(".db"))).toEqual([]);

  const exported = await run("export", id, "--fixture");
  expect(JSON.parse(exported.stdout)).toMatchObject({ events: expect.any(Array) });
  expect(exported.stderr).toBe("");
  const resealed = await run("reseal");
  expect(resealed).toMatchObject({ code: 0, stdout: expect.stringContaining("conversations: ") });
  const found = await query(schema, "SELECT count(*)::integer AS count FROM $schema.conversations");
  expect(found).toEqual([{ count: 1 }]);
});

it("a server whose database cannot be used does not start, and names no password", async () => {
  const url = "postgres://user:s3cr3t@127.0.0.1:1/none";
  const command = spawnCommand({ cwd: folder, args: ["--port", "0", "--store", url] });
  await new Promise((resolve) => command.process.once("close", resolve));
  expect(command.process.exitCode).toBe(1);
  expect(command.stderr()).toContain("Postgres at 127.0.0.1:1/none: ");
  expect(command.stderr() + command.stdout()).not.toContain("s3cr3t");
});

it("flags of a store that cannot be meant are refused, without the URL", async () => {
  for (const args of [["--store", "mysql://user:s3cr3t@host/none"], ["--store-schema", "a"], ["migrate"]]) {
    const command = spawnCommand({ cwd: folder, args });
    await new Promise((resolve) => command.process.once("close", resolve));
    expect(command.process.exitCode).not.toBe(0);
    expect(command.stderr()).toMatch(/--store/);
    expect(command.stderr()).not.toContain("s3cr3t");
  }
});
