import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
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

/** `npx agent-server`, by a Node. */
function npx(bin: string, args: string[], cwd = folder) {
  const { PATH = "", HOME } = process.env;
  const environment = { HOME, PATH: [bin, PATH].join(delimiter), npm_config_offline: "true" };
  return spawn("npx", ["--no-install", "agent-server", ...args], { cwd, env: environment, detached: true });
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

/** Starts the server and gives its URL. It ends with the test. */
async function serve(bin: string): Promise<string> {
  const child = npx(bin, ["--port", "0"]);
  const ended = once(child, "close");
  onTestFinished(async () => {
    // npm passes no signal on to what it has started.
    process.kill(-(child.pid as number), "SIGTERM");
    await ended;
  });
  let text = "";
  child.stderr.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
  });
  for await (const piece of child.stdout.setEncoding("utf8")) {
    text += piece;
    const url = /^Agent server\s+(\S+)$/m.exec(text)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error(`the server did not start:\n${text}`);
}

describe.each(VERSIONS)(
  "the packed tarball in an empty folder on Node %s",
  { timeout: 900_000 },
  (version) => {
    it("has a command that serves, and an agent that works at a terminal", async () => {
      const bin = await installNode(version);
      const { stdout } = await run(join(bin, "node"), ["--version"]);
      expect(`${stdout.trim()}.`).toContain(`v${version}.`);
      const { version: own } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
      expect((await outputOf(npx(bin, ["--version"]))).trim()).toBe(own);
      const url = await serve(bin);
      expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: "ok" });
      const model = await startObedientModel();
      onTestFinished(() => model.close());
      const orders = [
        { calls: [["terminal", { command: "echo 6 times 7 is $((6 * 7))" }]] },
        { say: "done" },
      ];
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
      const ask = async (path: string) =>
        JSON.stringify(await (await fetch(`${url}/api/conversations/${id}${path}`)).json());
      await expect.poll(() => ask(""), { timeout: 120_000 }).toContain('"execution_status":"finished"');
      expect(await ask("/events/search?limit=100")).toContain("6 times 7 is 42");
    });
  },
);
