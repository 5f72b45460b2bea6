import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { spawnServer } from "../cli/spawn-server.ts";

const MIB = 1024 * 1024;

interface Output {
  command_id: string;
  order: number;
  exit_code: number | null;
  stdout: string | null;
  stderr: string | null;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-server-crash-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("kill -9 while a command runs keeps what was stored, and a new server gives the command an end", async () => {
  const first = await spawnServer({ cwd: folder });
  const pidFile = join(folder, "pid");
  const command = `echo $$ > ${pidFile}; head -c ${2 * MIB} /dev/zero | tr '\\0' x; exec sleep 300`;
  const { id } = (await ask(first.url, "start_bash_command", { command })) as { id: string };
  const done = (await ask(first.url, "execute_bash_command", { command: "echo done" })) as Output;
  let stored: Output[] = [];
  while (stored.length < 1) stored = await outputsOf(first.url, id);
  await first.stop("SIGKILL");

  const second = await spawnServer({ cwd: folder });
  try {
    let outputs: Output[] = [];
    while (outputs.at(-1)?.exit_code == null) outputs = await outputsOf(second.url, id);
    expect(outputs.slice(0, stored.length)).toEqual(stored);
    expect(outputs.map(({ order }) => order)).toEqual(outputs.map((_, index) => index));
    expect(outputs.at(-1)).toMatchObject({ exit_code: -1, stderr: expect.stringContaining("has ended") });
    expect(await outputsOf(second.url, done.command_id)).toEqual([done]);
    const stop = await fetch(`${second.url}/api/bash/bash_commands/${id}/stop`, { method: "POST" });
    expect(stop.status).toBe(200);
  } finally {
    await second.stop("SIGKILL");
    process.kill(Number(await readFile(pidFile, "utf8")), "SIGKILL");
  }
}, 60_000);

async function outputsOf(url: string, id: string): Promise<Output[]> {
  const response = await fetch(`${url}/api/bash/bash_events/search?command_id__eq=${id}`);
  return ((await response.json()) as { items: Output[] }).items;
}

async function ask(url: string, verb: string, body: object): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  const request = { method: "POST", headers, body: JSON.stringify(body) };
  const response = await fetch(`${url}/api/bash/${verb}`, request);
  expect(response.status).toBe(200);
  return response.json();
}
