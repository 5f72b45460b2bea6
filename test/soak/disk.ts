import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** A folder on a disk of its own, as far as this machine allows that. */
export interface Disk {
  folder: string;
  /** Why the folder is on the disk of everything else. undefined: it is not. */
  whyShared: string | undefined;
  [Symbol.dispose](): void;
}

/** What a server and its conversations may need, and little enough to be filled at once. */
const MIB = 384;

/** Makes a small disk in memory below a folder. Only root on Linux may do so; others get a folder. */
export function openDisk(below: string): Disk {
  const folder = join(below, "disk");
  mkdirSync(folder);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${MIB}m`, "tmpfs", folder], { stdio: "pipe" });
  } catch (error) {
    const [line = ""] = String(error).split("\n");
    return { folder, whyShared: `no disk can be mounted: ${line}`, [Symbol.dispose]: () => {} };
  }
  const unmount = () => void execFileSync("umount", ["--lazy", folder]);
  return { folder, whyShared: undefined, [Symbol.dispose]: unmount };
}

/** Bytes of all files in a folder but those of some names. What disappears meanwhile counts as nothing. */
export function bytesIn(folder: string, except: readonly string[] = []): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || except.includes(entry.name)) continue;
    bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.blocks ?? 0;
  }
  return bytes * 512;
}
