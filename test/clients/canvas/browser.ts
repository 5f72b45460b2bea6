import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

/** A browser that Debian and its kin install as `chromium`. */
const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"];
/** Milliseconds that a step waits for what it should see. */
const PATIENCE = 15_000;

/** Answers that the app asks for in vain of the reference, too: a service of its own, a plan before there is one. */
const KNOWN_REFUSALS = /^404 \w+ (\S*\/api\/automation\/|\S*\/api\/llm\/balance$|\S*\/api\/file\/download$)/;

const path = BROWSERS.find((candidate) => existsSync(candidate));

/** Whether these tests cannot run. A line on stderr says so. */
export const NO_BROWSER = path === undefined;
if (NO_BROWSER) {
  process.stderr.write(
    "\n!!! Agent Canvas is NOT tested: no Chromium in /usr/bin (apt-get install chromium)\n\n",
  );
}

/** A browser, and what went wrong in it. */
export interface WatchedBrowser extends AsyncDisposable {
  /** Opens a page in a browser that knows nothing yet. */
  newcomer(url: string): Promise<Page>;
  /**
   * Lists what should not have happened since the last call: red messages, refused requests, requests to other hosts.
   */
  faults(): Promise<string[]>;
}

export async function openBrowser(own: string): Promise<WatchedBrowser> {
  const browser: Browser = await chromium.launch({
    ...(path !== undefined && { executablePath: path }),
    headless: true,
    args: ARGUMENTS,
  });
  const faults: string[] = [];
  const { host } = new URL(own);

  async function newcomer(url: string): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
    context.setDefaultTimeout(PATIENCE);
    await watch(context);
    const page = await context.newPage();
    await page.goto(url);
    return page;
  }

  /** A page may ask itself, as by `blob:`, which has no host. */
  function isElsewhere(text: string): boolean {
    const { protocol, host: asked } = new URL(text);
    return /^(http|ws)/.test(protocol) && asked !== host;
  }

  async function watch(context: BrowserContext): Promise<void> {
    context.on("requestfinished", (request) => {
      if (isElsewhere(request.url())) faults.push(`asked ${new URL(request.url()).host}`);
    });
    context.on("requestfailed", (request) => {
      const isBlocked = request.failure()?.errorText === "csp";
      if (isElsewhere(request.url()) && !isBlocked)
        faults.push(`tried to ask ${new URL(request.url()).host}`);
    });
    context.on("response", (response) => {
      if (response.status() < 400) return;
      const { pathname } = new URL(response.url());
      const refusal = `${response.status()} ${response.request().method()} ${pathname}`;
      if (!KNOWN_REFUSALS.test(refusal)) faults.push(refusal);
    });
    await context.exposeFunction("reportToast", (text: string) => {
      faults.push(`red message: ${text}`);
    });
    await context.addInitScript({ content: REPORT_TOASTS });
  }

  return {
    newcomer,
    faults: async () => faults.splice(0),
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

/** Runs in every page before its own scripts. */
const REPORT_TOASTS = `{
  const seen = new WeakSet();
  new MutationObserver(() => {
    for (const icon of document.querySelectorAll('[role="status"] .lucide-circle-x')) {
      const toast = icon.closest('[role="status"]');
      if (seen.has(toast)) continue;
      seen.add(toast);
      reportToast(toast.textContent);
    }
  }).observe(document, { childList: true, subtree: true });
}`;
