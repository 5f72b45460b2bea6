import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ResolvedOptions } from "../options/resolved-options.ts";

/** File in the folder of conversations that has the id of the machine. */
const FILE = "machine-id";

/** The machine of a server of a cluster; undefined where conversations are bound to none. */
export function machineOf({ cluster, dataFolder }: ResolvedOptions): string | undefined {
  if (cluster === null || (cluster.placement ?? "pinned") !== "pinned") return undefined;
  return cluster.machine ?? keptId(dataFolder);
}

/** The id in a folder, which is made when there is none. Servers that start at the same moment find the same one. */
function keptId(folder: string): string {
  const path = join(folder, FILE);
  if (!existsSync(path)) makeId(folder, path);
  const id = readFileSync(path, "utf8").trim();
  if (id !== "") return id;
  throw new Error(`${path} is empty: it has the id of this machine; delete the file to have a new one made`);
}

/** The file appears with its contents, and the first one stays. */
function makeId(folder: string, path: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const id = crypto.randomUUID();
  const draft = `${path}.${id}`;
  try {
    writeFileSync(draft, `${id}\n`, { flag: "wx", mode: 0o600, flush: true });
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}
