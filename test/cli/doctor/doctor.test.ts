import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sqliteStore } from "agent-server";
import { describe, expect, it, onTestFinished } from "vitest";
import { accessKeys, judge } from "../../../src/cli/doctor/access-keys.ts";
import type { Finding, Patient } from "../../../src/cli/doctor/check.ts";
import { modelKey, port, proxies, secretKey, sessionKeys } from "../../../src/cli/doctor/configuration.ts";
import { database, dataFolder, freeDisk } from "../../../src/cli/doctor/data.ts";
import { browser, git, ripgrep } from "../../../src/cli/doctor/programs.ts";
import { parseArguments } from "../../../src/cli/parse-arguments.ts";
import type { AccessKey } from "../../../src/wire/access/access-keys.ts";
import { spawnCommand } from "../spawn-server.ts";

const IS_ROOT = process.geteuid?.() === 0;

async function patient(fields: Partial<Patient> = {}): Promise<Patient> {
  const folder = await mkdtemp(join(tmpdir(), "agent-server-doctor-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return {
    ...{ options: {}, environment: {}, dataFolder: folder, store: null, host: "127.0.0.1", port: 0 },
    ...fields,
  };
}

async function run(args: string[], environment: Record<string, string> = {}) {
  const cwd = (await patient()).dataFolder;
  const command = spawnCommand({ cwd, args: ["doctor", ...args], environment });
  const code = await new Promise<number | null>((done) => command.process.once("close", done));
  return { code, stdout: command.stdout() };
}

describe("agent-server doctor", () => {
  it("says as JSON what it has found, and ends with 0 where a server can start", {
    timeout: 120_000,
  }, async () => {
    const { code, stdout } = await run(["--json", "--port", "0"]);
    const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: Finding[] };
    expect([code, ok]).toEqual([0, true]);
    const names = ["Node", "Database", "Disk", "Port", "Session keys", "git", "Sandbox", "Browser"];
    expect(findings.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
    const helpless = findings.filter(({ status, cure }) => (status === "ok") !== (cure === undefined));
    expect(helpless).toEqual([]);
  });

  it("ends with 1 and says what to do where a server cannot start", { timeout: 120_000 }, async () => {
    const { code, stdout } = await run(["--port", "0"], { OH_MAX_CONCURRENT_RUNS: "many" });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^✗ Configuration +OH_MAX_CONCURRENT_RUNS/m);
    expect(stdout).toMatch(/A server cannot start: 1 to mend\./);
    expect(stdout).not.toContain("\x1b");
  });

  it("takes the options of a server that it looks at", () => {
    const parsed = parseArguments(["doctor", "--host", "::1", "--port", "9", "--data", "/d", "--json"]);
    expect(parsed).toMatchObject({
      name: "doctor",
      host: "::1",
      port: 9,
      data: "/d",
      json: true,
      store: null,
    });
  });
});

describe("a data folder", () => {
  it("that others can read is named with its cure", async () => {
    const it = await patient();
    expect(dataFolder(it)).toMatchObject({ status: "ok" });
    await chmod(it.dataFolder, 0o755);
    expect(dataFolder(it)).toMatchObject({ status: "warns", cure: `chmod 700 ${it.dataFolder}` });
  });

  it("that is not there yet is judged by the one above it", async () => {
    const above = await patient();
    const it = { ...above, dataFolder: join(above.dataFolder, "a", "b") };
    expect(dataFolder(it)).toMatchObject({ status: "ok", found: `${it.dataFolder} will be made` });
    expect(freeDisk(it).found).toMatch(/GiB free/);
  });

  it.skipIf(IS_ROOT)("that cannot be written to keeps a server from starting", async () => {
    const it = await patient();
    await chmod(it.dataFolder, 0o500);
    expect(dataFolder(it)).toMatchObject({ status: "fails" });
  });
});

describe("a database", () => {
  const file = ({ dataFolder: folder }: Patient) => join(folder, "agent-server.db");

  it("that is missing will be made, and is not made by a look", async () => {
    const it = await patient();
    expect(await database(it)).toMatchObject({
      status: "ok",
      found: expect.stringContaining("will be made"),
    });
    expect(await database(it)).toMatchObject({ found: expect.stringContaining("will be made") });
  });

  it("that a server has open, of a newer version, damaged: each has its cure", async () => {
    const it = await patient();
    const store = sqliteStore({ path: file(it) });
    expect(await database(it)).toMatchObject({
      status: "fails",
      cure: expect.stringContaining("stop it first"),
    });
    await store.close();
    expect(await database(it)).toMatchObject({ status: "ok", found: expect.stringMatching(/schema \d+/) });
    const own = new DatabaseSync(file(it));
    own.exec("PRAGMA user_version = 9999");
    own.close();
    expect(await database(it)).toMatchObject({
      status: "fails",
      cure: expect.stringContaining("that version"),
    });
    await rm(`${file(it)}-wal`, { force: true });
    await writeFile(file(it), "no database".repeat(1_000));
    expect(await database(it)).toMatchObject({ status: "fails", cure: expect.stringContaining("copy") });
  });

  it("of an earlier version is left as it is", async () => {
    const it = await patient();
    await sqliteStore({ path: file(it) }).close();
    const own = new DatabaseSync(file(it));
    own.exec("PRAGMA user_version = 1");
    own.close();
    expect(await database(it)).toMatchObject({ status: "ok", found: expect.stringContaining("from 1 to") });
    expect(await database(it)).toMatchObject({ found: expect.stringContaining("from 1 to") });
  });

  it("in Postgres that does not answer is named without its address", async () => {
    const it = await patient({ store: { url: "postgres://user:hidden@127.0.0.1:9/x", schema: undefined } });
    const finding = await database(it);
    expect(finding).toMatchObject({ status: "fails", cure: expect.stringContaining("--store") });
    expect(JSON.stringify(finding)).not.toContain("hidden");
  });
});

describe("a configuration", () => {
  it("without keys warns on this machine, and fails where others reach the port", async () => {
    expect(sessionKeys(await patient())).toMatchObject({ status: "warns" });
    expect(sessionKeys(await patient({ host: "0.0.0.0" }))).toMatchObject({ status: "fails" });
    expect(sessionKeys(await patient({ options: { apiKeys: ["short"] } }))).toMatchObject({
      status: "warns",
    });
    const key = "k".repeat(32);
    expect(sessionKeys(await patient({ options: { apiKeys: [key] } }))).toMatchObject({ status: "ok" });
    expect(secretKey(await patient())).toMatchObject({ status: "warns" });
    expect(secretKey(await patient({ options: { secretKey: key } }))).toMatchObject({ status: "ok" });
  });

  it("names the variables of models and proxies, never their values", async () => {
    const environment = { ANTHROPIC_API_KEY: "hidden", HTTPS_PROXY: "http://user:hidden@proxy:3128" };
    const it = await patient({ environment });
    expect(modelKey(it)).toMatchObject({ status: "ok", found: "ANTHROPIC_API_KEY set" });
    expect(proxies(it)).toMatchObject({ status: "ok", found: expect.stringContaining("proxy:3128") });
    expect(JSON.stringify([modelKey(it), proxies(it)])).not.toContain("hidden");
    expect(modelKey(await patient())).toMatchObject({ status: "warns" });
    expect(proxies(await patient({ environment: { HTTP_PROXY: "socks5://x" } }))).toMatchObject({
      status: "warns",
    });
  });

  it("with a port that is taken names --port", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((done) => other.once("listening", done));
    onTestFinished(() => void other.close());
    const { port: taken } = other.address() as { port: number };
    expect(await port(await patient({ port: taken }))).toMatchObject({
      status: "fails",
      cure: expect.stringContaining("--port"),
    });
    expect(await port(await patient())).toMatchObject({ status: "ok" });
  });
});

describe("programs", () => {
  it("that are missing are named with what they are for", async () => {
    const empty = await patient();
    await mkdir(join(empty.dataFolder, "bin"));
    const it = { ...empty, environment: { PATH: join(empty.dataFolder, "bin") } };
    expect(await git(it)).toMatchObject({ status: "warns", cure: expect.stringContaining("worktrees") });
    expect(await ripgrep(it)).toMatchObject({ status: "warns", cure: expect.stringContaining("searches") });
    expect(browser({ ...it, options: { browser: false } })).toMatchObject({ status: "ok" });
  });

  it("that are there are named with their version", async () => {
    const it = await patient();
    const program = join(it.dataFolder, "rg");
    await writeFile(program, "#!/bin/sh\necho ripgrep 99.1\n", { mode: 0o755 });
    expect(await ripgrep({ ...it, environment: { PATH: it.dataFolder } })).toMatchObject({
      found: "ripgrep 99.1",
    });
  });
});

describe("access keys", () => {
  const now = Date.parse("2030-06-01T00:00:00Z");
  const key = (fields: Partial<AccessKey>): AccessKey => ({
    ...{ id: "abc", name: "ci", scope: "read", owner: null, tags: null, limits: null, expires_at: null },
    ...{ created_at: "2030-05-31T00:00:00Z", last_used_at: null, revoked_at: null },
    ...fields,
  });

  it("that have expired, or were never used, are named with what to do", () => {
    expect(judge([key({}), key({ revoked_at: "2030-05-31T01:00:00Z" })], now)).toEqual({
      ...{ name: "Access keys", status: "ok", found: "1 in force" },
    });
    expect(judge([key({ expires_at: "2030-05-31T12:00:00Z" })], now)).toMatchObject({
      ...{ status: "warns", found: "0 in force; 1 have expired" },
      cure: expect.stringContaining("agent-server keys revoke abc"),
    });
    const old = { created_at: "2030-04-01T00:00:00Z" };
    const used = key({ ...old, last_used_at: "2030-05-31T00:00:00Z" });
    expect(judge([key({ ...old, id: "old" }), used], now)).toMatchObject({
      ...{ status: "warns", found: "2 in force; 1 made over 30 days ago were never used" },
      cure: expect.stringContaining("agent-server keys revoke old"),
    });
  });

  it("are read where a server keeps them, and left alone while one runs", async () => {
    const it = await patient();
    expect((await accessKeys(it)).found).toBe("none: there is no database yet");
    const store = sqliteStore({ path: join(it.dataFolder, "agent-server.db") });
    await store.documents.list("access-key");
    expect((await accessKeys(it)).found).toMatch(/^not looked at: .*GET \/api\/access-keys$/);
    await store.close();
    expect(await accessKeys(it)).toEqual({ name: "Access keys", status: "ok", found: "0 in force" });
  });
});
