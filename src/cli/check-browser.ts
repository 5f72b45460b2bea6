import { findChromium } from "../browser/chromium/find-chromium.ts";
import type { ContextHost } from "../browser/driver/driver-functions.ts";
import { messageOf } from "../errors.ts";

/** The page is empty, so that it asks for nothing. */
const NO_PROXY = "http://127.0.0.1:9";
const HOST: ContextHost = {
  note: () => {},
  bring: async () => {},
  upload: async () => [],
  recordingFolder: async () => "",
  writeRecording: async () => {},
  failureOf: async () => undefined,
};

/** Starts a browser as agents would have it, opens an empty page, and says what came of it. Fails with exit code 1. */
export async function checkBrowser(): Promise<void> {
  try {
    process.stdout.write(`Browser check passed: ${await tryOut()}\n`);
  } catch (error) {
    process.stderr.write(`Browser check failed: ${messageOf(error)}\n`);
    process.exitCode = 1;
  }
}

async function tryOut(): Promise<string> {
  const program = findChromium({ program: null, environment: process.env });
  if (program === null) throw new Error("no Chromium, Chrome or Edge is installed where it is looked for");
  const { ChromiumProcess } = await import("../browser/chromium/chromium-process.ts");
  const { childEnvironment } = await import("../workspace/local/child-environment.ts");
  const { resolveBrowser } = await import("../server/browser/browser-options.ts");
  const { sandbox } = resolveBrowser({});
  const chromium = await ChromiumProcess.start({ program, sandbox, env: childEnvironment(process.env) });
  try {
    const { downloads: folder, driver, version } = chromium;
    await driver.open({ proxy: NO_PROXY, folder, host: HOST });
    return `${program}, version ${version}`;
  } finally {
    await chromium.stop();
  }
}
