import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { cp, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { newSchema } from "../postgres/test-postgres.ts";
import { buildPages } from "../ui/built-pages.ts";
import { NO_CONTAINERS } from "../workspace/container/open-container.ts";
import { TEST_IMAGE } from "../workspace/container/test-image.ts";

const root = resolve(import.meta.dirname, "../..");
const examples = readdirSync(join(root, "examples")).filter((name) => name.endsWith(".ts"));
const isServer = (name: string) => readExample(name).includes("process.env.PORT");
/** A header with a key to be filled in. */
const needsKey = (name: string) => /Run it with: {2}.*_KEY=…/.test(readExample(name));
const isPossible = (name: string) => name !== "14-containers.ts" || NO_CONTAINERS === undefined;

/** The image of the tests, and how podman runs it on a machine without systemd. */
async function containerVariables(): Promise<Record<string, string>> {
  const path = join(checkout, "containers.conf");
  const limits = '["nofile=1024:1024", "nproc=2048:2048"]';
  await writeFile(path, `[containers]\ndefault_ulimits = ${limits}\n[engine]\nruntime = "runc"\n`);
  return { IMAGE: TEST_IMAGE, CONTAINERS_CONF: path };
}

const IN_POSTGRES = new Set(["31-postgres.ts", "34-sandboxes.ts"]);

/** A checkout without conversations: another server may have those of this one open. */
let checkout: string;
beforeAll(async () => {
  checkout = await mkdtemp(join(tmpdir(), "agent-server-checkout-"));
  for (const name of ["package.json", "examples"])
    await cp(join(root, name), join(checkout, name), { recursive: true });
  for (const name of ["test", "node_modules"]) await symlink(join(root, name), join(checkout, name));
});
afterAll(() => rm(checkout, { recursive: true, force: true }));

let running: ChildProcess | undefined;
afterEach(async () => {
  if (running?.pid === undefined || running.exitCode !== null) return;
  const ended = once(running, "close");
  // npm, its shell and the example are one process group.
  process.kill(-running.pid, "SIGKILL");
  await ended;
});

describe("the command in the header", () => {
  it.each(examples.filter(isServer).filter(isPossible))(
    "of %s starts it",
    async (name) => {
      const port = await freePort();
      await using data = await buildPages({ "agent-server/agent-canvas/build/index.html": "<head></head>" });
      const variables = {
        ...(await containerVariables()),
        ...(IN_POSTGRES.has(name) && { DATABASE_URL: (await newSchema()).connectionString }),
        XDG_DATA_HOME: data.directory,
      };
      const { output } = runHeader(name, { PORT: String(port), ...variables });
      await expect.poll(output, { timeout: 30_000 }).toContain(`:${port}`);
      expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
    },
    120_000,
  );

  it.each(examples.filter((name) => !isServer(name) && !needsKey(name)))(
    "of %s succeeds",
    async (name) => {
      const { output, ended } = runHeader(name);
      expect(await ended, output()).toBe(0);
    },
    60_000,
  );
});

/** Runs it as a reader does: in a shell that knows the machine's Node and npm, and nothing of this checkout. */
function runHeader(name: string, environment: Record<string, string> = {}) {
  const [, command = ""] = /Run it with: {2}(.+)$/m.exec(readExample(name)) ?? [];
  expect(command, name).toContain(`examples/${name}`);
  const { PATH = "", HOME } = process.env;
  const machinePath = PATH.split(delimiter).filter((folder) => !folder.includes("node_modules"));
  const child = spawn("sh", ["-c", command], {
    cwd: checkout,
    detached: true,
    env: { HOME, PATH: machinePath.join(delimiter), TMPDIR: checkout, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running = child;
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data) => {
      output += String(data);
    });
  const ended = once(child, "close").then(([code]) => code as number | null);
  return { output: () => output, ended };
}

function readExample(name: string): string {
  return readFileSync(join(root, "examples", name), "utf8");
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
