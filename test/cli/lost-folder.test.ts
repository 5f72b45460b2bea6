import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const NODE = join(root, "node_modules/.bin/node");
const COMMAND = join(root, "src/cli.ts");

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "agent-server-lost-")));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Starts the command in a folder that is removed before, and gives what it wrote until it ended or `isEnough`. */
async function startInLostFolder(
  args: readonly string[],
  environment: Record<string, string> = {},
  isEnough: (output: string) => boolean = () => false,
): Promise<{ output: string; code: number | null }> {
  const lost = join(folder, "lost");
  await mkdir(lost);
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn("sh", ["-c", `rmdir "$0"; exec "$@"`, lost, NODE, COMMAND, ...args], {
    cwd: lost,
    env: { PATH, HOME, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  // One that never ends by itself is the fault that is looked for.
  const patience = setTimeout(() => child.kill("SIGKILL"), 30_000);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (isEnough(output)) child.kill("SIGTERM");
    });
  }
  const [code] = (await ended) as [number | null];
  clearTimeout(patience);
  return { output, code };
}

describe("in a folder that does not exist any more", { timeout: 60_000 }, () => {
  it.each([
    ["a server", []],
    ["a command that reads the conversations", ["reseal"]],
  ])("%s ends at once, and says what is missing", async (_who, args) => {
    const { output, code } = await startInLostFolder(args, { OH_SECRET_KEY: "a long text for this test" });
    expect(output).toContain("the current folder does not exist any more");
    expect(code).toBe(1);
  });

  it("a server keeps its data in an absolute folder", async () => {
    const data = join(folder, "data");
    const { output } = await startInLostFolder(["--port", "0"], { OH_CONVERSATIONS_PATH: data }, (text) =>
      text.includes("Conversations"),
    );
    expect(output).toContain(`Conversations  ${data}`);
    expect(existsSync(data)).toBe(true);
  });
});
