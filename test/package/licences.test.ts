import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");

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

interface LockedPackage {
  version?: string;
  license?: string;
  dev?: boolean;
  devOptional?: boolean;
  peer?: boolean;
}

const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
  packages: Record<string, LockedPackage>;
};

/** What `npm install agent-server` brings, on every platform. */
const installed = Object.entries(lock.packages).filter(
  ([path, { dev, devOptional, peer }]) => path !== "" && !dev && !devOptional && !peer,
);

it("what an install brings may be used and passed on by anyone", () => {
  expect(installed.length).toBeGreaterThan(20);
  const others = installed.filter(([, { license = "none" }]) => !ALLOWED.includes(license));
  expect(others.map(([path, { license }]) => `${path}: ${license}`)).toEqual([]);
});

it("what an install brings runs no script on the machine of the user", () => {
  const scripts = installed.filter(([, entry]) => "hasInstallScript" in entry);
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
