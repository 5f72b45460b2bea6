import { execFile } from "node:child_process";
import { copyFile, readdir, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");

/**
 * Packs what a release would be into an empty folder, and gives the path of the tarball. `AGENT_SERVER_TARBALL` names one
 * that is there already, such as that of a release.
 */
export async function pack(folder: string): Promise<string> {
  const ready = process.env.AGENT_SERVER_TARBALL;
  if (ready) {
    await copyFile(ready, join(folder, basename(ready)));
    return join(folder, basename(ready));
  }
  // Packing builds, which takes a while; a build of these very sources is packed as it is.
  const scripts = (await isBuilt()) ? ["--ignore-scripts"] : [];
  await run("npm", ["pack", ...scripts, "--pack-destination", folder], { cwd: root });
  const [tarball = ""] = await readdir(folder);
  return join(folder, tarball);
}

const SOURCES = ["src", "adapters", "package.json", "package-lock.json", "tsconfig.json", "tsup.config.ts"];

/** Whether `dist` has declarations, which come last, and is younger than everything it is made of. */
async function isBuilt(): Promise<boolean> {
  const declarations = await stat(join(root, "dist/index.d.ts")).catch(() => undefined);
  if (declarations === undefined) return false;
  const dist = await stat(join(root, "dist"));
  const changes = await Promise.all(SOURCES.map((source) => lastChange(join(root, source))));
  return Math.max(...changes) < dist.birthtimeMs;
}

/** Milliseconds since 1970 of the latest change of a file, or of a folder and all that is in it. */
async function lastChange(path: string): Promise<number> {
  const entry = await stat(path);
  if (!entry.isDirectory()) return entry.mtimeMs;
  const names = await readdir(path);
  return Math.max(entry.mtimeMs, ...(await Promise.all(names.map((name) => lastChange(join(path, name))))));
}
