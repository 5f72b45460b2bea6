import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";

/**
 * Writes down what it was started with, checks it as the editor does, and listens. `behaviour` may be put in a file
 * `behaviour` beside it: `fail` ends it with words, `deaf` makes it listen nowhere.
 */
const PROGRAM = `
const { appendFileSync, existsSync, readFileSync, statSync } = require("node:fs");
const { createServer } = require("node:http");
const { join } = require("node:path");
const here = process.env.STAND_IN_FOLDER || __dirname;
const argv = process.argv.slice(2);
const valueOf = (name) => argv[argv.indexOf(name) + 1];
const help = process.argv[1].endsWith("code-server") && !process.argv[1].endsWith("openvscode-server");
if (argv[0] === "--help") { console.log(help ? "--bind-addr --auth" : "--connection-token-file"); process.exit(); }
const known = ["--host", "--port", "--connection-token-file", "--server-base-path", "--disable-workspace-trust",
  "--bind-addr", "--auth", "--disable-telemetry", "--disable-update-check"];
for (const word of argv) if (word.startsWith("--") && !known.includes(word)) throw new Error("unknown option " + word);
const file = argv.includes("--connection-token-file") ? valueOf("--connection-token-file") : null;
const token = file === null ? process.env.PASSWORD : readFileSync(file, "utf8");
const mode = file === null ? null : (statSync(file).mode & 0o777).toString(8);
appendFileSync(join(here, "starts"), JSON.stringify({ argv, token, mode, pid: process.pid, env: process.env }) + "\\n");
const behaviour = existsSync(join(here, "behaviour")) ? readFileSync(join(here, "behaviour"), "utf8") : "";
if (behaviour === "fail") { console.error("no room for " + token); process.exit(3); }
const address = argv.includes("--bind-addr") ? valueOf("--bind-addr") : null;
const [host, port] = address ? address.split(":") : [valueOf("--host"), valueOf("--port")];
process.on("SIGTERM", () => { appendFileSync(join(here, "ended"), process.pid + "\\n"); process.exit(); });
if (behaviour !== "deaf") createServer((request, response) => response.end("editor")).listen(Number(port), host);
else setInterval(() => {}, 1000);
`;

export interface Start {
  argv: string[];
  token: string;
  mode: string | null;
  pid: number;
  env: Record<string, string>;
}

export interface StandIn {
  /** Folder for the PATH. */
  path: string;
  /** The starts so far. */
  starts(): Promise<Start[]>;
  behave(behaviour: "" | "fail" | "deaf"): Promise<void>;
}

/**
 * Puts a program in the place of an editor. Like the real launcher, it is a script that starts the editor as a child
 * and does not pass signals on.
 */
export async function installStandIn(folder: string, name = "openvscode-server"): Promise<StandIn> {
  const path = join(folder, "bin");
  await mkdir(path, { recursive: true });
  const script = join(folder, name);
  await writeFile(script, PROGRAM);
  const launcher = `#!/bin/sh\nSTAND_IN_FOLDER='${folder}' '${process.execPath}' '${script}' "$@"\n`;
  await writeFile(join(path, name), launcher, { mode: 0o755 });
  return {
    path,
    async starts() {
      const text = await readFile(join(folder, "starts"), "utf8").catch(() => "");
      return text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Start);
    },
    behave: (behaviour) => writeFile(join(folder, "behaviour"), behaviour),
  };
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

/** Whether something listens on a port of this machine. */
export async function answers(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/`).then(
    (response) => response.ok,
    () => false,
  );
}
