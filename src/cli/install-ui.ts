import { execFile } from "node:child_process";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { createGunzip } from "node:zlib";
import { messageOf } from "../errors.ts";
import { CANVAS_PACKAGE, installedCanvas } from "../server/ui/find-canvas.ts";

/** Milliseconds that the download may take. */
const DOWNLOAD_LIMIT = 300_000;

/**
 * Gets the built pages of Agent Canvas. npm downloads and verifies the package; what it depends on is not needed to
 * serve it, so that only its archive is unpacked. A former version is replaced once the new one is whole.
 */
export async function installUi(version: string): Promise<void> {
  const target = installedCanvas();
  await mkdir(dirname(target), { recursive: true });
  const work = await mkdtemp(`${target}-`);
  try {
    process.stdout.write(`Getting ${CANVAS_PACKAGE} ${version} with npm …\n`);
    const unpacked = join(work, "package");
    await unpack(await download(version, work), unpacked);
    await replaceFolder(target, unpacked, join(work, "former"));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  process.stdout.write(`${target}\nServe it with: agent-server --ui\n`);
}

async function download(version: string, folder: string): Promise<string> {
  const args = ["pack", `${CANVAS_PACKAGE}@${version}`, "--pack-destination", folder, "--ignore-scripts"];
  try {
    // npm is a shell script on Windows, which only a shell runs. The version was checked, so that it holds no syntax.
    const shell = process.platform === "win32";
    await promisify(execFile)("npm", args, { timeout: DOWNLOAD_LIMIT, maxBuffer: 2 ** 24, shell });
  } catch (error) {
    throw new Error(
      `ui install: npm could not get ${CANVAS_PACKAGE}@${version}: ${lastLine(messageOf(error))}`,
    );
  }
  const archive = (await readdir(folder)).find((name) => name.endsWith(".tgz"));
  if (archive === undefined) throw new Error("ui install: npm packed no archive");
  return join(folder, archive);
}

async function unpack(archive: string, target: string): Promise<void> {
  const { unpackTar } = await import("modern-tar/fs");
  const extraction = unpackTar(target, {
    strip: 1,
    filter: ({ name, type }) =>
      type === "file" && /^(package\/)?(build\/|LICENSE$|package\.json$)/.test(name),
  });
  await pipeline(createReadStream(archive), createGunzip(), extraction);
  if (!(await readdir(join(target, "build"))).includes("index.html")) {
    throw new Error(`ui install: ${CANVAS_PACKAGE} has no built pages in this version`);
  }
}

/** The former folder is moved away rather than removed, so that no time passes without pages. */
async function replaceFolder(target: string, replacement: string, former: string): Promise<void> {
  await rename(target, former).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
  await rename(replacement, target);
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? text;
}
