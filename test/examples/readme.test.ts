import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { spawnServer } from "../cli/spawn-server.ts";

const root = resolve(import.meta.dirname, "../..");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-server-readme-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("the commands of the README start a conversation, watch it to its end and read the answer", async () => {
  const readme = await readFile(join(root, "README.md"), "utf8");
  const [commands = ""] = readme.match(/(?<=```sh\n)ID=.+?(?=```)/s) ?? [];
  const server = await spawnServer({ cwd: folder });
  try {
    const script = commands
      .replaceAll("localhost:8000", new URL(server.url).host)
      .replaceAll("/tmp/agent-server-tour", join(folder, "tour"));
    const { stdout } = await promisify(execFile)("bash", ["-ec", script], { cwd: root, timeout: 30_000 });
    const lines = stdout.trimEnd().split("\n");
    expect(lines.filter((line) => line.startsWith("ActionEvent"))).not.toEqual([]);
    expect(lines.at(-1)).toMatch(/^\{"response":".*tour/);
  } finally {
    await server.stop();
  }
}, 40_000);
