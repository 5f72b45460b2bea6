import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfiguration } from "agent-server";
import { expect, it, onTestFinished, vi } from "vitest";
import { spawnServer } from "../../cli/spawn-server.ts";

// Real commands, on machines that may be busy.
vi.setConfig({ testTimeout: 300_000 });

const PATIENCE = { timeout: 60_000, interval: 50 };
const KEY = { OH_SESSION_API_KEYS_0: "a-key" };

/** Asks a server for something without its key. */
async function refusedBy(options: Parameters<typeof spawnServer>[0]): Promise<void> {
  const server = await spawnServer({ ...options, args: ["--host", "127.0.0.1", ...(options.args ?? [])] });
  onTestFinished(() => void server.stop("SIGKILL"));
  const answer = await fetch(`${server.url}/api/conversations/count`);
  expect(answer.status).toBe(401);
}

function expectRefusal(path: string): Promise<void> {
  return vi.waitFor(async () => {
    const [line = ""] = (await readFile(path, "utf8")).split("\n");
    expect(JSON.parse(line)).toMatchObject({ outcome: "refused", action: "count_conversations" });
  }, PATIENCE);
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "agent-server-audit-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

it("a variable names the file of the audit, and a flag takes its place", async () => {
  const [cwd, other] = [await newFolder(), await newFolder()];
  const environment = { ...KEY, OH_AUDIT_FILE: "by-variable.jsonl" };
  await refusedBy({ cwd, environment });
  await expectRefusal(join(cwd, "by-variable.jsonl"));
  await refusedBy({ cwd: other, args: ["--audit", "by-flag.jsonl"], environment });
  await expectRefusal(join(other, "by-flag.jsonl"));
  expect(await readdir(other)).not.toContain("by-variable.jsonl");
});

it("a variable without a file stops the start", () => {
  expect(() => loadConfiguration({ environment: { OH_AUDIT_FILE: "" } })).toThrow(/^audit_file: /);
});
