import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, onTestFinished } from "vitest";
import { findChromium } from "../../src/browser/chromium/find-chromium.ts";

const program = findChromium({ program: null, environment: process.env });
const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"];
/** Milliseconds that a step waits for what it should see. */
const PATIENCE = 30_000;

/** Whether these tests cannot run. A line on stderr says so. */
export const NO_BROWSER = program === null;
if (NO_BROWSER) {
  process.stderr.write("\n!!! Pages are NOT tested in a browser: no Chromium (apt-get install chromium)\n\n");
}

/** A page in a browser, and everything that it asked for. */
export interface WatchedPage {
  page: Page;
  /** URLs of all requests, sockets included, whether they were answered or not. */
  requests: string[];
  /** Errors of scripts, refusals by the page's policy, and dialogs. */
  faults: string[];
}

/** The browser of a test file. */
let started: Promise<Browser> | undefined;
afterAll(async () => (await started)?.close());

/** Opens a page in a browser that knows nothing yet. It ends with the test. */
export async function openPage(options: BrowserContextOptions = {}): Promise<WatchedPage> {
  started ??= chromium.launch({ executablePath: program ?? "", headless: true, args: ARGUMENTS });
  const context = await (await started).newContext({ viewport: { width: 1200, height: 800 }, ...options });
  onTestFinished(() => context.close());
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const requests: string[] = [];
  const faults: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("websocket", (socket) => requests.push(socket.url()));
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return { page, requests, faults };
}
