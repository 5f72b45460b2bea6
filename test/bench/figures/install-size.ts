import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { neededPackages } from "../../package/needed-packages.ts";
import type { Figure } from "../figure.ts";

const root = resolve(import.meta.dirname, "../../..");
const MIB = 1024 * 1024;

/**
 * What `npm install agent-server` puts on a disk of this platform: the package, and every package that it needs. The bars
 * leave a tenth for growth: a dependency that brings more than that is noticed. The reference's packages take 550 MiB.
 */
export const installSize: Figure = {
  name: "install size",
  bar: "<= 150 MiB in <= 75 packages, of which the package <= 14 MiB, packed <= 4 MiB",
  reference: false,
  async measure() {
    const packed = JSON.parse(
      execFileSync("npm", ["pack", "--dry-run", "--ignore-scripts", "--json"], {
        cwd: root,
        encoding: "utf8",
      }),
    ) as [{ size: number; unpackedSize: number }];
    const [{ size, unpackedSize }] = packed;
    const folders = neededFolders();
    const bytes = unpackedSize + folders.reduce((total, folder) => total + bytesOf(folder), 0);
    const count = folders.length + 1;
    const values = {
      total_mib: mib(bytes),
      packages: count,
      own_mib: mib(unpackedSize),
      packed_mib: mib(size),
    };
    const { total_mib, own_mib, packed_mib } = values;
    return {
      shown: `${total_mib} MiB in ${count} packages, of which the package ${own_mib} MiB, packed ${packed_mib} MiB`,
      good: total_mib <= 150 && count <= 75 && own_mib <= 14 && packed_mib <= 4,
      values,
    };
  },
};

/** The folders of the packages that are installed on this platform. */
function neededFolders(): string[] {
  return neededPackages()
    .map(([path]) => join(root, path))
    .filter((folder) => existsSync(folder));
}

/** Bytes of the files of a package, without those of packages inside it, which are listed themselves. */
function bytesOf(folder: string): number {
  const entries = readdirSync(folder, { withFileTypes: true }).filter(({ name }) => name !== "node_modules");
  return entries.reduce((total, entry) => {
    const path = join(folder, entry.name);
    return total + (entry.isDirectory() ? bytesOf(path) : lstatSync(path).size);
  }, 0);
}

const mib = (bytes: number) => Math.round((bytes / MIB) * 10) / 10;
