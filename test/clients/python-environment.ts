import { execFile } from "node:child_process";
import { access, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The release that the server follows, and an older one, which must go on working. */
export const SDK_VERSIONS = ["1.58.2", "1.43.1"] as const;

const PACKAGES = ["openhands-sdk", "openhands-tools"];
const INSTALL_TIMEOUT = 15 * 60 * 1000;

/** The Python of a virtual environment that has this release of `openhands-sdk`. See `prepareEnvironment`. */
export function preparePython(version: string): Promise<string> {
  return prepareEnvironment(
    `openhands-sdk-${version}`,
    PACKAGES.map((name) => `${name}==${version}`),
  );
}

/**
 * The Python of a virtual environment that has these packages, made on first use under this name in
 * `~/.cache/agent-server`. Rejects when there is no Python 3.12 or newer (`PYTHON` may name one).
 */
export async function prepareEnvironment(name: string, packages: readonly string[]): Promise<string> {
  const folder = join(cacheFolder(), name);
  const python = join(folder, "bin", "python");
  // Written last, so that an installation that was cut off is made again.
  const complete = join(folder, "complete");
  if (await exists(complete)) return python;
  await rm(folder, { recursive: true, force: true });
  await run(await findPython(), ["-m", "venv", folder]);
  // pip takes a quarter of an hour to resolve these packages, uv a second.
  await run(python, ["-m", "pip", "install", "--quiet", "uv"], { timeout: INSTALL_TIMEOUT });
  await install(python, [...packages]);
  await writeFile(complete, "");
  return python;
}

/**
 * Further packages of the same release, without those they need, in a folder for `PYTHONPATH`: what other suites have is
 * left as it is. Made on first use, too.
 */
export async function preparePackages(version: string, names: readonly string[]) {
  const python = await preparePython(version);
  const folder = join(cacheFolder(), `${names.join("+")}-${version}`);
  if (!(await exists(folder))) {
    const unfinished = await mkdtemp(join(cacheFolder(), "unfinished-"));
    const wanted = names.map((name) => `${name}==${version}`);
    await install(python, ["--no-deps", "--target", unfinished, ...wanted]);
    await rename(unfinished, folder);
  }
  return { python, folder };
}

async function install(python: string, parameters: string[]): Promise<void> {
  await run(python, ["-m", "uv", "pip", "install", "--quiet", "--python", python, ...parameters], {
    timeout: INSTALL_TIMEOUT,
    env: { ...process.env, UV_NATIVE_TLS: "true" },
  });
}

function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "agent-server");
}

async function findPython(): Promise<string> {
  const tried = [process.env.PYTHON, "python3.13", "python3.12", "python3", ...(await pyenvPythons())];
  for (const candidate of tried) {
    if (candidate === undefined) continue;
    const found = await run(candidate, ["-c", "import sys; print(sys.version_info[:2] >= (3, 12))"]).catch(
      () => undefined,
    );
    if (found?.stdout.trim() === "True") return candidate;
  }
  throw new Error("Python 3.12 or newer is needed, and none was found; PYTHON may name one");
}

/** pyenv's own commands answer only for the versions of the current folder. */
async function pyenvPythons(): Promise<string[]> {
  const versions = join(process.env.PYENV_ROOT ?? join(homedir(), ".pyenv"), "versions");
  const names = await readdir(versions).catch(() => []);
  return names.map((name) => join(versions, name, "bin", "python"));
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
