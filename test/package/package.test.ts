import { execFile, execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { spawnServer } from "../cli/spawn-server.ts";
import { pack } from "./pack.ts";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");
const bin = (name: string) => join(root, "node_modules/.bin", name);

/** What a stranger installs: the packed tarball in an empty folder, with nothing of this checkout around it. */
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-server-package-"));
  const tarball = await pack(folder);
  await writeFile(join(folder, "package.json"), '{"name":"stranger","private":true,"type":"module"}');
  await run("npm", ["install", "--prefer-offline", tarball], { cwd: folder });
}, 300_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

const NEEDED_NODE = "agent-server needs Node 22.18 or newer, this is ";

/** A Node in PATH that is too old for the package: what an app may still run on. */
const olderNode = findOlderNode();

function findOlderNode(): { path: string; version: string } | undefined {
  const paths = (process.env.PATH ?? "").split(delimiter).map((place) => join(place, "node"));
  for (const path of paths.filter((path) => existsSync(path))) {
    const version = execFileSync(path, ["-p", "process.versions.node"], { encoding: "utf8" }).trim();
    const [major = 0, minor = 0] = version.split(".").map(Number);
    if (major < 22 || (major === 22 && minor < 18)) return { path, version };
  }
  return undefined;
}

const node = (code: string) => run(bin("node"), ["--input-type=module", "-e", code], { cwd: folder });

async function subpaths(): Promise<string[]> {
  const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { exports: object };
  return Object.keys(manifest.exports)
    .filter((path) => path !== "./package.json")
    .map((path) => path.replace(/^\./, "agent-server"));
}

describe("the packed tarball", () => {
  it("brings no web framework of its own", async () => {
    await expect(node('await import("express")')).rejects.toThrow(/ERR_MODULE_NOT_FOUND/);
  });

  it("imports by every subpath, the frameworks absent", async () => {
    for (const path of await subpaths()) {
      const { stdout } = await node(`console.log(Object.keys(await import("${path}")).length > 0)`);
      expect([path, stdout.trim()]).toEqual([path, "true"]);
    }
  });

  it("says on an older Node which one it needs, by every subpath and as a command", async () => {
    const older = 'Object.defineProperty(process.versions, "node", { value: "22.17.9" });';
    for (const path of await subpaths()) {
      const { stdout } = await node(`${older}
        await import("${path}").catch(({ message }) => console.log(message));
      `);
      expect([path, stdout.trim()]).toEqual([path, `${NEEDED_NODE}22.17.9`]);
    }
    await expect(node(`${older} await import("./node_modules/agent-server/dist/cli.js")`)).rejects.toThrow(
      `\n${NEEDED_NODE}22.17.9\n`,
    );
  });

  it.skipIf(olderNode === undefined)(
    `says so to the Node of this machine (${olderNode?.version ?? "not tested: it has none older than 22.18"})`,
    async () => {
      const { path = "", version = "" } = olderNode ?? {};
      for (const subpath of await subpaths()) {
        const code = `import("${subpath}").catch(({ message }) => console.log(message))`;
        const { stdout } = await run(path, ["-e", code], { cwd: folder });
        expect([subpath, stdout.trim()]).toEqual([subpath, NEEDED_NODE + version]);
      }
      const command = run(path, [join(folder, "node_modules/.bin/agent-server"), "demo"]);
      await expect(command).rejects.toMatchObject({ code: 1, stderr: `${NEEDED_NODE}${version}\n` });
    },
  );

  it("answers a request", async () => {
    const { stdout } = await node(`
      import { createServer } from "agent-server";
      const server = createServer({ keyless: "loopback", logger: "silent" });
      const response = await server.fetch(new Request("http://localhost/health"));
      console.log(response.status, await response.text());
      await server.close();
    `);
    expect(stdout.trim()).toBe('200 {"status":"ok"}');
  });

  it("has documentation pages that load nothing from the web", async () => {
    const page = join(folder, "node_modules/agent-server/dist/docs/redoc.standalone.js");
    const script = await readFile(page, "utf8");
    expect(script.length).toBeGreaterThan(100_000);
    expect(script).not.toContain("cdn.redoc.ly");
  });

  it("has next to the libraries in it what their licences want to be there", async () => {
    const dist = join(folder, "node_modules/agent-server/dist");
    for (const [library, files] of Object.entries(LICENCES)) {
      for (const [file, words] of Object.entries(files)) {
        expect([library, await readFile(join(dist, file), "utf8")]).toEqual([
          library,
          expect.stringContaining(words),
        ]);
      }
    }
  });

  it("has the script of the inspector as one file", async () => {
    const script = await readFile(
      join(folder, "node_modules/agent-server/dist/inspector/inspector.js"),
      "utf8",
    );
    expect(script).toContain("/sockets/session/".slice(1));
    expect(script).not.toMatch(/\bfrom ?"/);
  });

  it("reads skills, as a library and as a command", async () => {
    const skill = join(folder, "project/.agents/skills/pdf/SKILL.md");
    await mkdir(dirname(skill), { recursive: true });
    await writeFile(skill, "---\nname: pdf\ndescription: About PDFs.\n---\nRead them.\n");
    const question = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        ...{ project_dir: join(folder, "project"), load_project: true },
        ...{ load_public: false, load_user: false, load_org: false },
      }),
    };
    const { stdout } = await node(`
      import { createServer } from "agent-server";
      const server = createServer({ keyless: "loopback", logger: "silent" });
      const question = new Request("http://localhost/api/skills", ${JSON.stringify(question)});
      console.log(await (await server.fetch(question)).text());
      await server.close();
    `);
    const command = join(folder, "node_modules/agent-server/dist/cli.js");
    const { url, stop } = await spawnServer({ cwd: folder, command });
    const answer = await fetch(`${url}/api/skills`, question).then((response) => response.text());
    await stop();
    const names = [stdout, answer].map((text) =>
      (JSON.parse(text) as { skills: { name: string }[] }).skills.map(({ name }) => name),
    );
    expect(names).toEqual([["pdf"], ["pdf"]]);
  });

  it("carries the command", async () => {
    const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
    const { stdout } = await run(bin("node"), [join(folder, "node_modules/.bin/agent-server"), "--version"]);
    expect(stdout.trim()).toBe(version);
  });

  it("starts with a handful of files", async () => {
    const hooks = join(root, "test/cli/start-hooks.ts");
    const modules = join(folder, "modules");
    const started = await spawnServer({
      cwd: folder,
      command: join(folder, "node_modules/agent-server/dist/cli.js"),
      environment: { NODE_OPTIONS: `--import ${hooks}`, LOADED_MODULES: modules },
    });
    const health = await fetch(`${started.url}/health`);
    await started.stop();
    expect(health.status).toBe(200);
    const files = (await readFile(modules, "utf8")).split("\n").filter((url) => url.startsWith("file:"));
    expect(files.length).toBeLessThan(10);
  });

  it("has types for every subpath, as a strict compiler sees them", async () => {
    await linkFrameworks();
    await writeFile(join(folder, "stranger.ts"), STRANGER);
    await writeFile(
      join(folder, "tsconfig.json"),
      JSON.stringify({ compilerOptions: COMPILER_OPTIONS, include: ["*.ts"] }),
    );
    const { stdout } = await run(bin("node"), [bin("tsc"), "-p", folder]).catch(
      (error: { stdout: string }) => error,
    );
    // Libraries of the stranger's own may have faults of their own: ours are those in our files and in theirs.
    expect(stdout.split("\n").filter((line) => /agent-server|^stranger/.test(line))).toEqual([]);
  }, 120_000);
});

/** The libraries that are copied into the package, and words of their licences. Others are packages of their own. */
const LICENCES: Record<string, Record<string, string>> = {
  "docs/swagger-ui-bundle.js": {
    "docs/swagger-ui.LICENSE": "Apache License",
    "docs/swagger-ui.NOTICE": "SmartBear",
    "docs/swagger-ui-bundle.js.LICENSE.txt": "@license",
  },
  "docs/redoc.standalone.js": {
    "docs/redoc.LICENSE": "Rebilly",
    "docs/redoc.standalone.js.LICENSE.txt": "ReDoc",
  },
  "inspector/inspector.js": { "inspector/diff.LICENSE": "Kevin Decker" },
  "tree-sitter-bash.wasm": { "tree-sitter-bash.LICENSE": "Max Brunsfeld" },
  "rrweb-record": { "rrweb-record.LICENSE": "rrweb" },
};

/** The stranger's own frameworks and their types; realpaths let them find their own dependencies. */
async function linkFrameworks(): Promise<void> {
  for (const name of ["express", "koa", "fastify", "@types/express", "@types/koa", "@types/node"]) {
    const target = join(folder, "node_modules", name);
    await mkdir(dirname(target), { recursive: true });
    await symlink(join(root, "node_modules", name), target).catch(() => undefined);
  }
}

const COMPILER_OPTIONS = {
  strict: true,
  noEmit: true,
  target: "es2023",
  lib: ["es2024", "esnext.disposable"],
  module: "nodenext",
  types: ["node"],
  skipLibCheck: false,
};

const STRANGER = `
import express from "express";
import Fastify from "fastify";
import Koa from "koa";
import { type AgentServer, createServer } from "agent-server";
import { agentServer as forExpress } from "agent-server/express";
import { agentServer as forFastify } from "agent-server/fastify";
import { agentServer as forKoa } from "agent-server/koa";
import * as node from "agent-server/node";
import { postgresStore } from "agent-server/postgres";
import * as testing from "agent-server/testing";

const server: AgentServer = createServer({ apiKeys: ["key"] });
const answer: Promise<Response> = server.fetch(new Request("http://localhost/health"));
createServer({ apiKeys: ["key"], store: postgresStore({ connectionString: "postgres://localhost/agents" }) });
// @ts-expect-error: either an address or a pool
postgresStore({});
express().use(forExpress("key"));
new Koa().use(forKoa(["k1", "k2"]));
await Fastify().register(forFastify({ apiKeys: ["key"] }));
// @ts-expect-error: options are checked
createServer({ apiKeys: 1 });
export { answer, node, testing };
`;
