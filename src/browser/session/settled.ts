import { setTimeout as sleep } from "node:timers/promises";
import type { CDPSession, Page, Request } from "playwright-core";
import { settledWithin } from "../../waiting.ts";

/** Milliseconds in which a page begins to load what an action asks for. */
const REACTION = 200;
/** Milliseconds that a page gets to load. Whoever reads it then sees how far it is. */
const LOAD_LIMIT = 10_000;
const OPEN_LIMIT = 3000;

/** Does something on a page, and waits until the page has loaded what came of it. */
export async function settled<T>(page: Page, session: CDPSession, action: () => Promise<T>): Promise<T> {
  const navigation = new Navigation(page, session);
  await session.send("Page.enable");
  try {
    const result = await action();
    await sleep(REACTION);
    await settledWithin(navigation.opened, OPEN_LIMIT);
    await settledWithin(navigation.ended, LOAD_LIMIT);
    await loaded(page);
    return result;
  } finally {
    navigation.forget();
  }
}

/** Watches whether a page goes elsewhere. The page itself says so at once, before anything is requested. */
class Navigation {
  readonly #page: Page;
  readonly #session: CDPSession;
  #open = 0;
  #windows = 0;
  #settle: (() => void) | null = null;
  #show: (() => void) | null = null;

  constructor(page: Page, session: CDPSession) {
    this.#page = page;
    this.#session = session;
    session.on("Page.frameRequestedNavigation", this.#begin);
    session.on("Page.windowOpen", this.#announce);
    page.context().on("page", this.#appear);
    page.on("framenavigated", this.#arrive);
    page.on("requestfailed", this.#fail);
    page.on("close", this.#end);
    // A file comes in the place of a page.
    page.on("download", this.#end);
  }

  /** Resolves when the page is there, or has failed to come. At once for a page that goes nowhere. */
  get ended(): Promise<void> {
    if (this.#open === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** Resolves when the tabs that the page opens have appeared. At once for a page that opens none. */
  get opened(): Promise<void> {
    if (this.#windows <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#show = resolve;
    });
  }

  forget(): void {
    this.#session.off("Page.frameRequestedNavigation", this.#begin);
    this.#session.off("Page.windowOpen", this.#announce);
    this.#page.context().off("page", this.#appear);
    this.#page.off("framenavigated", this.#arrive);
    this.#page.off("requestfailed", this.#fail);
    this.#page.off("close", this.#end);
    this.#page.off("download", this.#end);
  }

  readonly #begin = ({ disposition, url }: { disposition: string; url: string }) => {
    // Frames within the page report here too; those that load quickly cost nothing.
    if (disposition === "currentTab" && /^https?:/.test(url)) this.#open += 1;
  };

  readonly #announce = () => {
    this.#windows += 1;
  };

  readonly #appear = () => {
    this.#windows -= 1;
    if (this.#windows <= 0) this.#show?.();
  };

  readonly #arrive = () => this.#end();

  readonly #fail = (request: Request) => {
    if (request.isNavigationRequest()) this.#end();
  };

  readonly #end = () => {
    this.#open = 0;
    this.#settle?.();
  };
}

/**
 * Waits until a new tab shows what it was opened for, and that can be read. One that stays empty is waited for shortly.
 */
export async function begun(page: Page): Promise<void> {
  const hasAddress = ({ href }: URL) => href !== "" && href !== "about:blank";
  await page.waitForURL(hasAddress, { waitUntil: "commit", timeout: OPEN_LIMIT }).catch(() => {});
  await loaded(page);
}

/** Waits until a page can be read, at most as long as it gets. True when it can. */
export async function loaded(page: Page): Promise<boolean> {
  if (page.isClosed()) return true;
  return page.waitForLoadState("domcontentloaded", { timeout: LOAD_LIMIT }).then(
    () => true,
    () => false,
  );
}
