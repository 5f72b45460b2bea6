import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { absolutePath } from "../../absolute-path.ts";

/** The npm package of Agent Canvas. */
export const CANVAS_PACKAGE = "@openhands/agent-canvas";
/** The version that this server is tested with. */
export const CANVAS_VERSION = "1.20.0";

const REMEDY =
  "Run `npx agent-server ui install`, or name the folder of its build in `ui.directory` (--ui-dir)";

/** Folder into which `agent-server ui install` unpacks the pages. */
export function installedCanvas(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const data = environment.XDG_DATA_HOME || join(homedir(), ".local", "share");
  return join(data, "agent-server", "agent-canvas");
}

/**
 * Returns the folder of Agent Canvas: the given one, that of the package in a `node_modules` at or above the current
 * folder, or the one that `agent-server ui install` has made.
 *
 * @throws TypeError where none has pages.
 */
export function findCanvas(directory?: string): string {
  if (directory !== undefined) {
    if (hasPages(directory)) return resolve(directory);
    throw new TypeError(`ui.directory: ${directory} has no index.html`);
  }
  const packages = parents(absolutePath(".")).map((folder) => join(folder, "node_modules", CANVAS_PACKAGE));
  const found = [...packages, installedCanvas()].map((folder) => join(folder, "build")).find(hasPages);
  if (found !== undefined) return found;
  throw new TypeError(`ui: ${CANVAS_PACKAGE} is not installed. ${REMEDY}`);
}

function hasPages(folder: string): boolean {
  return existsSync(join(folder, "index.html"));
}

function parents(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...parents(parent)];
}
