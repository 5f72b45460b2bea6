import { execFile } from "node:child_process";
import { mkdir, readdir, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";
import { spawnServer } from "../cli/spawn-server.ts";
import type { Play } from "./plays.ts";

const root = resolve(import.meta.dirname, "../..");

/** Runs the commands of a block as they stand; `npx agent-server` is the command of the sources. */
async function runCommands(text: string, cwd: string, variables: Readonly<Record<string, string>> = {}) {
  const bin = join(cwd, ".bin");
  await mkdir(bin, { recursive: true });
  await symlink(join(root, "node_modules/.bin/node"), join(bin, "node")).catch(() => undefined);
  const npx = `npx() { shift; node ${join(root, "src/cli.ts")} "$@"; }`;
  const environment = { PATH: `${bin}:${process.env.PATH}`, HOME: cwd, ...variables };
  const commands = `${npx}\n${text}`;
  return promisify(execFile)("bash", ["-ec", commands], { cwd, env: environment, timeout: 60_000 });
}

/** How the blocks of commands are run that no other test runs. */
export const COMMAND_PLAYS: readonly Play[] = [
  {
    shows:
      'curl -s localhost:8000/api/conversations -H \'Content-Type: application/json\' -d \'{\n  "agent": {"llm": {"model": "demo/tour"}, "tools": [{"name": "terminal"}, {"name": "file_editor"}]},',
    async play(text, folder) {
      const server = await spawnServer({ cwd: folder });
      const { host } = new URL(server.url);
      const own = text
        .replaceAll("localhost:8000", host)
        .replaceAll("/tmp/agent-server-tour", join(folder, "tour"));
      const { stdout } = await runCommands(own, folder);
      await server.stop();
      expect(JSON.parse(stdout)).toMatchObject({ id: expect.any(String) });
    },
  },
  {
    shows: "npx agent-server doctor",
    async play(text, folder) {
      // A server would go on. What the machine lacks is no fault of the page.
      const own = text
        .replace(/doctor\b/, "doctor || true")
        .replace(/^npx agent-server$/m, "npx agent-server --version");
      const { stdout } = await runCommands(own, folder);
      expect(stdout).toContain("Node");
    },
  },
  {
    shows: 'npx agent-server export "$ID"',
    async play(text, folder) {
      const server = await spawnServer({ cwd: folder });
      const answer = await fetch(`${server.url}/api/conversations`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({
          agent: { llm: { model: "demo/tour" } },
          workspace: { working_dir: join(folder, "project") },
        }),
      });
      const { id } = (await answer.json()) as { id: string };
      await server.stop();
      await runCommands(text, folder, { ID: id });
      expect(await readdir(join(folder, "conversations"))).toEqual([id.replaceAll("-", "")]);
    },
  },
];
