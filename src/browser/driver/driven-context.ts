import type { Browser, BrowserContext, Page } from "playwright-core";
import { settledWithin } from "../../waiting.ts";
import { Downloads } from "../files/downloads.ts";
import { Recording } from "../recording/recording.ts";
import { Tabs } from "../session/tabs.ts";
import { Verbs } from "../session/verbs.ts";
import type { ContextHost } from "./driver-functions.ts";

/** Pixels of the visible part of pages. */
const VIEWPORT = { width: 1280, height: 800 };
/** Milliseconds of one step of the browser's driver that sets none. */
const STEP_LIMIT = 30_000;
const CLOSE_LIMIT = 5000;
/** Milliseconds that an answer waits for a download to arrive. */
const DOWNLOAD_PATIENCE = 2000;

export interface DrivenContextOptions {
  browser: Browser;
  /** Address of the proxy through which all its pages go. */
  proxy: string;
  /** Folder on this machine for its downloads. */
  folder: string;
  host: ContextHost;
}

/** The pages of one conversation: a separate context of the browser, with all that belongs to it. */
export class DrivenContext {
  readonly verbs: Verbs;
  readonly #context: BrowserContext;
  readonly #downloads: Downloads;
  readonly #recording: Recording;

  /** Opens a context with an empty page. */
  static async open(options: DrivenContextOptions): Promise<DrivenContext> {
    const context = await options.browser.newContext({
      proxy: { server: options.proxy, bypass: "<-loopback>" },
      viewport: VIEWPORT,
      acceptDownloads: false,
      serviceWorkers: "allow",
    });
    context.setDefaultTimeout(STEP_LIMIT);
    try {
      return await DrivenContext.#over(context, options);
    } catch (error) {
      await settledWithin(context.close(), CLOSE_LIMIT);
      throw error;
    }
  }

  static async #over(
    context: BrowserContext,
    { browser, folder, host }: DrivenContextOptions,
  ): Promise<DrivenContext> {
    const tabs = new Tabs({ context, note: host.note, onPage: (page) => recording.add(page) });
    const pages = (): Page[] => tabs.all.map(({ page }) => page);
    const recording = new Recording({ pages, sessionFor: (page) => context.newCDPSession(page), host });
    const { page } = await tabs.open();
    const contextId = await contextIdOf(context, page);
    const downloads = await Downloads.open({ browser, contextId, folder, host });
    const verbs = new Verbs({ context, tabs, recording, host });
    return new DrivenContext({ verbs, context, downloads, recording });
  }

  private constructor(parts: {
    verbs: Verbs;
    context: BrowserContext;
    downloads: Downloads;
    recording: Recording;
  }) {
    this.verbs = parts.verbs;
    this.#context = parts.context;
    this.#downloads = parts.downloads;
    this.#recording = parts.recording;
  }

  /** Waits a little for what is being downloaded. */
  async arrived(): Promise<void> {
    const end = performance.now() + DOWNLOAD_PATIENCE;
    while (this.#downloads.isBusy && performance.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 50));
  }

  /** Closes the context and all that belongs to it. Never rejects. */
  async close(): Promise<void> {
    await settledWithin(this.#recording.close(), CLOSE_LIMIT);
    await settledWithin(this.#context.close(), CLOSE_LIMIT);
    await settledWithin(this.#downloads.close(), CLOSE_LIMIT);
  }
}

/** The id of a context among the browser's own, which the driver does not show. */
async function contextIdOf(context: BrowserContext, page: Page): Promise<string> {
  const session = await context.newCDPSession(page);
  try {
    const { targetInfo } = await session.send("Target.getTargetInfo");
    return targetInfo.browserContextId ?? "";
  } finally {
    await session.detach();
  }
}
