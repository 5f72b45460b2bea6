import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { type LockedPackage, neededPackages } from "./needed-packages.ts";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");

/** A part of a list in CycloneDX. */
interface Part {
  "bom-ref": string;
  licenses: object[];
}

interface Bill {
  metadata: { component: { name: string } };
  components: Part[];
}

/** Licences that ask for nothing but their text and the names of the authors. */
const ALLOWED = [
  "MIT",
  "ISC",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "0BSD",
  "Unlicense",
  "BlueOak-1.0.0",
];

const installed = neededPackages();

it("what an install brings may be used and passed on by anyone", () => {
  expect(installed.length).toBeGreaterThan(20);
  const others = installed.filter(([, { license = "none" }]) => !ALLOWED.includes(license));
  expect(others.map(([path, { license }]) => `${path}: ${license}`)).toEqual([]);
});

it("what an install brings runs no script on the machine of the user", () => {
  const scripts = installed.filter(([, { hasInstallScript }]) => hasInstallScript);
  expect(scripts.map(([path]) => path)).toEqual([]);
});

it("the lock file says the licence that the installed package has", () => {
  const wrong = installed.filter(([path, { license }]) => {
    const manifest = join(root, path, "package.json");
    // Builds for other platforms are not installed here.
    if (!existsSync(manifest)) return false;
    return (JSON.parse(readFileSync(manifest, "utf8")) as LockedPackage).license !== license;
  });
  expect(wrong.map(([path]) => path)).toEqual([]);
});

it("the list of an install's parts names every one with its licence", async () => {
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, "sbom.ts")], {
    maxBuffer: 64 * 1024 * 1024,
  });
  const bill = JSON.parse(stdout) as Bill;
  const parts = bill.components.map(({ "bom-ref": ref, licenses }) => [ref, licenses.length > 0]);
  const needed = installed.map(([path, { version }]) => `${path.split("node_modules/").at(-1)}@${version}`);
  expect(parts.sort()).toEqual(needed.map((name) => [name, true]).sort());
  expect(bill.metadata.component.name).toBe("agent-server");
});
