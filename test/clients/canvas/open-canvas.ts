import { access, mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { CANVAS_VERSION } from "../../../src/server/ui/find-canvas.ts";
import { spawnCommand } from "../../cli/spawn-server.ts";
import { openTestBed, type TestBed } from "../test-bed.ts";

/** A browser that Debian and its kin install as `chromium`. */
const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"];

export interface Canvas extends AsyncDisposable {
  bed: TestBed;
  browser: Browser;
  page: Page;
  /** Hosts other than the server that the app asked for anything. */
  outside: Set<string>;
  /** Answers of the server with status 400 and above, as `404 GET /api/x`. */
  refused: string[];
  /** Opens the app as another user of the same server would: nothing is kept from the first. */
  newcomer(): Promise<Page>;
}

export async function findBrowser(): Promise<string | undefined> {
  for (const path of BROWSERS) if (await exists(path)) return path;
  return undefined;
}

/** The server with Agent Canvas, as `--ui` starts it, and a browser that shows it. */
export async function openCanvas(executablePath: string): Promise<Canvas> {
  const directory = await installedPages();
  const bed = await openTestBed({ args: ["--ui-dir", directory] });
  const browser = await chromium.launch({ executablePath, headless: true, args: ARGUMENTS });
  const outside = new Set<string>();
  const refused: string[] = [];

  async function open(): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
    watch(context);
    const page = await context.newPage();
    await page.goto(bed.url);
    return page;
  }

  function watch(context: BrowserContext): void {
    context.on("request", (request) => {
      const { host, protocol } = new URL(request.url());
      if (/^http/.test(protocol) && host !== new URL(bed.url).host) outside.add(host);
    });
    context.on("response", (response) => {
      if (response.status() < 400) return;
      const { pathname } = new URL(response.url());
      refused.push(`${response.status()} ${response.request().method()} ${pathname}`);
    });
  }

  return {
    bed,
    browser,
    page: await open(),
    outside,
    refused,
    newcomer: open,
    [Symbol.asyncDispose]: async () => {
      await browser.close();
      await bed[Symbol.asyncDispose]();
    },
  };
}

/** Gets the pages once for all runs of the tests, by the command that users run. */
async function installedPages(): Promise<string> {
  const home = join(homedir(), ".cache", "agent-server", `canvas-${CANVAS_VERSION}`);
  const pages = join(home, "agent-server", "agent-canvas", "build");
  if (await exists(join(pages, "index.html"))) return pages;
  await mkdir(home, { recursive: true });
  const { HOME = home } = process.env;
  const install = spawnCommand({
    cwd: home,
    args: ["ui", "install"],
    environment: { XDG_DATA_HOME: home, HOME },
  });
  const code = await new Promise((done) => install.process.once("exit", done));
  if (code !== 0) throw new Error(`Agent Canvas could not be installed: ${install.stderr()}`);
  return pages;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
