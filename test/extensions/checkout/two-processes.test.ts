import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryDirectory } from "../../workspace/open-local.ts";
import { startGitHost } from "../git-host.ts";
import { GitRepository } from "../git-repository.ts";

const SCRIPT = join(import.meta.dirname, "fetch-process.ts");

function startFetch(source: string, home: string): { child: ChildProcess; printed: Promise<string> } {
  mkdirSync(home, { recursive: true });
  const child = spawn(process.execPath, [SCRIPT, source, home], { stdio: ["ignore", "pipe", "inherit"] });
  const chunks: string[] = [];
  child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk.toString()));
  return { child, printed: once(child, "close").then(() => chunks.join("")) };
}

it("processes that fetch one source into one cache at one moment have the same checkout", async () => {
  const folder = await temporaryDirectory();
  const repository = new GitRepository(join(folder, "weather"), { "a.txt": "one" });
  const fetches = [1, 2, 3].map(() => startFetch(repository.url, join(folder, "home")));
  const paths = await Promise.all(fetches.map(({ printed }) => printed));
  expect(new Set(paths).size).toBe(1);
  expect(readFileSync(join(paths[0] ?? "", "a.txt"), "utf8")).toBe("one");
  const [cache = ""] = readdirSync(join(folder, "home/cache"));
  expect(readdirSync(join(folder, "home/cache", cache)).sort()).toEqual(["requested-refs", "resolved-refs"]);
});

it("a fetch that is killed leaves no checkout, and the next one is whole", async () => {
  const folder = await temporaryDirectory();
  new GitRepository(join(folder, "weather"), { "a.txt": "one" });
  const asked = Promise.withResolvers<void>();
  let isHeld = true;
  const host = await startGitHost(folder, (request) => {
    const holds = isHeld && request.method === "POST" && request.headers["content-length"] !== undefined;
    if (holds) asked.resolve();
    return holds;
  });
  const source = `${host.url}/weather/.git`;
  const home = join(folder, "home");
  const killed = startFetch(source, home);
  await asked.promise;
  killed.child.kill("SIGKILL");
  expect(await killed.printed).toBe("");
  isHeld = false;
  const [cache = ""] = readdirSync(join(home, "cache"));
  expect(readdirSync(join(home, "cache", cache))).not.toContain("resolved-refs");
  const path = await startFetch(source, home).printed;
  expect(readFileSync(join(path, "a.txt"), "utf8")).toBe("one");
});
