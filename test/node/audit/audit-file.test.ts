import { spawn } from "node:child_process";
import {
  appendFile,
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { type AuditEvent, auditFile } from "../../../src/index.ts";

const EVENT: AuditEvent = {
  ...{ time: "2030-01-01T00:00:00.000Z", outcome: "refused", action: "get_settings", scope: "admin" },
  ...{ target: null, principal: null, key: null, address: null, requestId: "r", reason: null },
};

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "agent-server-audit-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function linesOf(path: string): Promise<string[]> {
  return (await readFile(path, "utf8")).trimEnd().split("\n");
}

it("a file of reports is the user's alone, has a line for each, and is added to after a restart", async () => {
  const path = join(await newFolder(), "audit.jsonl");
  await auditFile({ path })({ ...EVENT, principal: 'zoë\n"x"' });
  await chmod(path, 0o644);
  const next = auditFile({ path });
  await Promise.all([next(EVENT), next({ ...EVENT, requestId: "s" })]);
  expect((await linesOf(path)).map((line) => JSON.parse(line))).toEqual([
    { ...EVENT, principal: 'zoë\n"x"' },
    EVENT,
    { ...EVENT, requestId: "s" },
  ]);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

it("what only reads is written where that is asked for, refusals always", async () => {
  const folder = await newFolder();
  const read = { ...EVENT, scope: "read" } as const;
  for (const [name, reads, count] of [
    ["a", false, 1],
    ["b", true, 2],
  ] as const) {
    const sink = auditFile({ path: join(folder, name), reads });
    await sink({ ...read, outcome: "allowed" });
    await sink(read);
    expect(await linesOf(join(folder, name))).toHaveLength(count);
  }
});

it("full files make room, and no more of them are kept than wanted", async () => {
  const folder = await newFolder();
  const path = join(folder, "audit.jsonl");
  const sink = auditFile({ path, maxBytes: 400, keep: 2 });
  for (let count = 0; count < 12; count += 1) await sink({ ...EVENT, reason: `number ${count}` });
  expect((await readdir(folder)).toSorted()).toEqual(["audit.jsonl", "audit.jsonl.1", "audit.jsonl.2"]);
  const kept = [...(await linesOf(`${path}.2`)), ...(await linesOf(`${path}.1`)), ...(await linesOf(path))];
  const numbers = kept.map((line) => Number(JSON.parse(line).reason.split(" ")[1]));
  expect(numbers).toEqual(numbers.map((_, index) => 12 - numbers.length + index));
});

it("a line that was cut short stays alone on its line", async () => {
  const path = join(await newFolder(), "audit.jsonl");
  await writeFile(path, '{"time":"2030-01-0');
  await auditFile({ path })(EVENT);
  expect(await linesOf(path)).toEqual(['{"time":"2030-01-0', JSON.stringify(EVENT)]);
});

it("a process that is killed while it writes costs one line at most", async () => {
  const path = join(await newFolder(), "audit.jsonl");
  const program = `
    import { auditFile } from ${JSON.stringify(resolve("src/node/audit/audit-file.ts"))};
    const sink = auditFile({ path: ${JSON.stringify(path)}, maxBytes: 1e9 });
    const event = { ...${JSON.stringify(EVENT)}, reason: "x".repeat(2000) };
    console.log("begun");
    for (;;) await Promise.all(Array.from({ length: 50 }, () => sink(event)));
  `;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program]);
  await new Promise((done) => child.stdout.once("data", done));
  await expect
    .poll(async () => (await stat(path).catch(() => ({ size: 0 }))).size, { timeout: 20_000 })
    .toBeGreaterThan(500_000);
  child.kill("SIGKILL");
  await new Promise((done) => child.once("exit", done));
  await auditFile({ path, maxBytes: 1e9 })(EVENT);
  const whole = (await linesOf(path)).filter((line) => isJson(line));
  expect((await linesOf(path)).length - whole.length).toBeLessThanOrEqual(1);
  expect(JSON.parse(whole.at(-1) ?? "")).toEqual(EVENT);
});

it("a file that cannot be written is said, and written again once it can be", async () => {
  const folder = join(await newFolder(), "later");
  const sink = auditFile({ path: join(folder, "audit.jsonl") });
  await expect(sink(EVENT)).rejects.toThrow("ENOENT");
  await mkdir(folder);
  await sink(EVENT);
  expect(await linesOf(join(folder, "audit.jsonl"))).toHaveLength(1);
});

it("neither a link nor anything else than a file is written to", async () => {
  const folder = await newFolder();
  const other = join(folder, "other");
  await appendFile(other, "");
  await symlink(other, join(folder, "link"));
  await expect(auditFile({ path: join(folder, "link") })(EVENT)).rejects.toThrow("ELOOP");
  await expect(auditFile({ path: folder })(EVENT)).rejects.toThrow();
  await expect(auditFile({ path: "/dev/null" })(EVENT)).rejects.toThrow("not a regular file");
  expect(await readFile(other, "utf8")).toBe("");
});

it("options that make no sense are refused", () => {
  for (const options of [
    { path: "" },
    { path: "a", maxBytes: 0 },
    { path: "a", keep: -1 },
    { path: "a", keep: 0.5 },
  ]) {
    expect(() => auditFile(options)).toThrow(/^auditFile: \w+: must be /);
  }
});

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
