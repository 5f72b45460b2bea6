import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { openTestBed, type TestBed } from "../test-bed.ts";
import { openBrowser, type WatchedBrowser } from "./browser.ts";
import { CanvasUser } from "./canvas-user.ts";
import { installedPages } from "./installed-pages.ts";

export { NO_BROWSER } from "./browser.ts";

export interface Canvas extends AsyncDisposable {
  bed: TestBed;
  browser: WatchedBrowser;
  page: Page;
  user: CanvasUser;
  /**
   * Checks that nothing went wrong that the user would see. `CANVAS_SCREENSHOTS` names a folder for what the user sees.
   */
  check(step: string): Promise<void>;
}

export interface CanvasOptions {
  args?: string[];
  environment?: Record<string, string>;
}

/** The server with Agent Canvas, as `--ui` starts it, and a browser that shows it to a newcomer. */
export async function openCanvas({ args = [], environment }: CanvasOptions = {}): Promise<Canvas> {
  const bed = await openTestBed({
    args: ["--ui-dir", await installedPages(), ...args],
    ...(environment && { environment }),
  });
  const browser = await openBrowser(bed.url);
  const page = await browser.newcomer(bed.url);
  return {
    bed,
    browser,
    page,
    user: new CanvasUser(page, bed.url),
    async check(step) {
      const { CANVAS_SCREENSHOTS: folder } = process.env;
      if (folder) await page.screenshot({ path: join(folder, `${step.replaceAll(/\W+/g, "-")}.png`) });
      expect(await browser.faults()).toEqual([]);
    },
    [Symbol.asyncDispose]: async () => {
      await browser[Symbol.asyncDispose]();
      await bed[Symbol.asyncDispose]();
    },
  };
}
