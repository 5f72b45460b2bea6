import { ChromiumProcess } from "../../src/browser/chromium/chromium-process.ts";
import { findChromium } from "../../src/browser/chromium/find-chromium.ts";
import { childEnvironment } from "../../src/workspace/local/child-environment.ts";

/** Starts a browser in a process that a test will kill. */
export async function startBrowser(): Promise<void> {
  const program = findChromium({ program: null, environment: process.env });
  if (program === null) throw new Error("There is no Chromium");
  await ChromiumProcess.start({
    program,
    sandbox: process.geteuid?.() !== 0,
    env: childEnvironment(process.env),
  });
}
