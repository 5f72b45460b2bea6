import { findChromium } from "../browser/chromium/find-chromium.ts";
import { messageOf } from "../errors.ts";

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
    const page = await (await chromium.browser.newContext()).newPage();
    await page.goto("about:blank");
    return `${program}, version ${chromium.browser.version()}`;
  } finally {
    await chromium.stop();
  }
}
