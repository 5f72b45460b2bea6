import { chmod, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { findChromium } from "../../src/browser/chromium/find-chromium.ts";
import { temporaryDirectory } from "../workspace/open-local.ts";

async function program(path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, "#!/bin/sh\n");
  await chmod(path, 0o755);
  return path;
}

/** A system without a browser in the usual places. */
const platform = "freebsd";

it("a browser is found in the PATH, but not in a folder that an agent could choose", async () => {
  const folder = await temporaryDirectory();
  const found = await program(join(folder, "bin", "chromium"));
  const search = (PATH: string) =>
    findChromium({ program: null, environment: { PATH, HOME: folder }, platform });
  expect(search(join(folder, "bin"))).toBe(found);
  expect(search("bin:.")).toBeNull();
  expect(search("")).toBeNull();
});

it("a browser of Playwright is found, the newest first, also where its variable names a folder", async () => {
  const folder = await temporaryDirectory();
  await program(join(folder, "browsers", "chromium-99", "chrome-linux", "chrome"));
  const newest = await program(join(folder, "browsers", "chromium-1100", "chrome-linux", "chrome"));
  const environment = { HOME: folder, PLAYWRIGHT_BROWSERS_PATH: "~/browsers" };
  const found = findChromium({ program: null, environment, platform: "linux" });
  // A machine may have one in its usual place, which comes first.
  expect([newest, findChromium({ program: null, environment: {}, platform: "linux" })]).toContain(found);
});

it("only the named program is looked at where one is named", async () => {
  const folder = await temporaryDirectory();
  const named = await program(join(folder, "my-chromium"));
  expect(findChromium({ program: named, environment: {} })).toBe(named);
  await chmod(named, 0o644);
  expect(findChromium({ program: named, environment: process.env })).toBeNull();
  expect(findChromium({ program: folder, environment: {} })).toBeNull();
});
