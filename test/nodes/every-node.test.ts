import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startObedientModel } from "../clients/obedient-model.ts";
import { pack } from "../package/pack.ts";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");

/** The oldest that the package says it needs, and the newest of each line that has long-term support, or will have. */
const VERSIONS = ["22.18.0", "22", "24", "26"];

/** What a stranger installs, in an empty folder. */
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-server-nodes-"));
  const packed = await mkdtemp(join(tmpdir(), "agent-server-packed-"));
  const tarball = await pack(packed);
  await writeFile(join(folder, "package.json"), '{"name":"stranger","private":true,"type":"module"}');
  await run("npm", ["install", "--prefer-offline", tarball], { cwd: folder });
  await rm(packed, { recursive: true });
}, 1_800_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

/** The folder with the programs of a Node. */
async function installNode(version: string): Promise<string> {
  const place = await mkdtemp(join(tmpdir(), "agent-server-node-"));
  onTestFinished(() => rm(place, { recursive: true, force: true }));
  const name = `node-${process.platform}-${process.arch}`;
  await writeFile(join(place, "package.json"), '{"private":true}');
  await run("npm", ["install", "--prefer-offline", `${name}@${version}`], { cwd: place });
  return join(place, "node_modules", name, "bin");
}

/** The command of the installed package by one Node, with a folder of data of its own. */
interface Command {
  bin: string;
  data: string;
}

/** `npx agent-server`. */
function npx({ bin, data }: Command, args: string[]) {
  const { PATH = "", HOME } = process.env;
  const environment = {
    ...{ HOME, PATH: [bin, PATH].join(delimiter), npm_config_offline: "true" },
    OH_CONVERSATIONS_PATH: join(data, "conversations"),
  };
  return spawn("npx", ["--no-install", "agent-server", ...args], {
    cwd: folder,
    env: environment,
    detached: true,
  });
}

async function outputOf(child: ChildProcess): Promise<string> {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
    });
  }
  await once(child, "close");
  return text;
}

/** Starts the server. It is stopped with the test at the latest. */
async function serve(command: Command): Promise<{ url: string; stop(): Promise<unknown> }> {
  const child = npx(command, ["serve", "--port", "0"]);
  const ended = once(child, "close");
  // npm passes no signal on to what it has started.
  const stop = () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid as number), "SIGTERM");
    return ended;
  };
  onTestFinished(async () => void (await stop()));
  let text = "";
  child.stderr.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
  });
  for await (const piece of child.stdout.setEncoding("utf8")) {
    text += piece;
    const url = /^Agent server\s+(\S+)$/m.exec(text)?.[1];
    if (url !== undefined) return { url, stop };
  }
  throw new Error(`the server did not start:\n${text}`);
}

/** Has an agent run a command at its terminal, and gives the conversation's id and all its events. */
async function converse(url: string, command: string): Promise<{ id: string; events: string }> {
  const model = await startObedientModel();
  onTestFinished(() => model.close());
  const orders = [{ calls: [["terminal", { command }]] }, { say: "done" }];
  const started = await fetch(`${url}/api/conversations`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      agent: {
        llm: { model: "openai/scripted", base_url: model.url, api_key: "model-key" },
        tools: [{ name: "terminal" }],
      },
      workspace: { working_dir: join(folder, "work") },
      initial_message: { content: [{ type: "text", text: JSON.stringify(orders) }] },
    }),
  });
  const { id } = (await started.json()) as { id: string };
  const ask = async (path: string) => (await fetch(`${url}/api/conversations/${id}${path}`)).text();
  await expect.poll(() => ask(""), { timeout: 120_000 }).toContain('"execution_status":"finished"');
  return { id, events: await ask("/events/search?limit=100") };
}

describe.each(VERSIONS)(
  "the packed tarball in an empty folder on Node %s",
  { timeout: 900_000 },
  (version) => {
    it("has a command that serves, an agent that works at a terminal, and an export of what it did", async () => {
      const data = await mkdtemp(join(tmpdir(), "agent-server-data-"));
      onTestFinished(() => rm(data, { recursive: true, force: true }));
      const command = { bin: await installNode(version), data };
      const { stdout } = await run(join(command.bin, "node"), ["--version"]);
      expect(`${stdout.trim()}.`).toContain(`v${version}.`);
      const { version: own } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
      expect((await outputOf(npx(command, ["--version"]))).trim()).toBe(own);
      expect(await outputOf(npx(command, ["--help"]))).toContain("agent-server [COMMAND] [OPTIONS]");
      const { url, stop } = await serve(command);
      expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: "ok" });
      // Where the native library of terminals cannot be loaded, the parent of the shell is the program `script`.
      const { id, events } = await converse(url, "echo 6 times 7 is $((6 * 7)), by $(cat /proc/$PPID/comm)");
      expect(events).toMatch(/6 times 7 is 42, by (node|MainThread)/);
      await stop();
      const exported = (await outputOf(npx(command, ["export", id, "--to", data]))).trim();
      const names = await readdir(join(exported, "events"));
      expect(names.length).toBeGreaterThanOrEqual(5);
    });
  },
);
