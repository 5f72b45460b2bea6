import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { isMetadataAddress, isPublicAddress } from "../../outbound/addresses.ts";
import { GuardedProxy } from "../../outbound/proxy/guarded-proxy.ts";
import type { ToolHost } from "../../tools/tool.ts";
import { settledWithin } from "../../waiting.ts";
import type { ChromiumLease } from "../chromium/shared-chromium.ts";
import { Downloads } from "../files/downloads.ts";
import { Recording } from "../recording/recording.ts";
import type { NetworkRules } from "./network-rules.ts";
import type { Notes } from "./notes.ts";
import { Tabs } from "./tabs.ts";
import { Verbs } from "./verbs.ts";

/** Pixels of the visible part of pages. */
const VIEWPORT = { width: 1280, height: 800 };
/** Milliseconds of one step of the browser's driver that sets none. */
const STEP_LIMIT = 30_000;
const CLOSE_LIMIT = 5000;
/** Milliseconds that an answer waits for a download to arrive. */
const DOWNLOAD_PATIENCE = 2000;

export interface OpenBrowserOptions {
  lease: ChromiumLease;
  host: ToolHost;
  rules: NetworkRules;
  notes: Notes;
  /** Milliseconds since 1970. */
  now(): number;
}

/** An open browser of one conversation: a separate context, behind a separate proxy. */
export class OpenBrowser {
  readonly verbs: Verbs;
  readonly #lease: ChromiumLease;
  readonly #context: BrowserContext;
  readonly #proxy: GuardedProxy;
  readonly #downloads: Downloads;
  readonly #recording: Recording;

  /** Opens a context without a page. */
  static async open(options: OpenBrowserOptions): Promise<OpenBrowser> {
    const { lease, rules } = options;
    const { allowsHost, allowsPrivate } = rules;
    const proxy = await GuardedProxy.open({
      allows: async (address) =>
        allowsPrivate ? !(await isMetadataAddress(address)) : isPublicAddress(address),
      allowsHost,
    });
    try {
      const context = await lease.process.browser.newContext({
        proxy: { server: proxy.url, bypass: "<-loopback>" },
        viewport: VIEWPORT,
        acceptDownloads: false,
        serviceWorkers: "allow",
      });
      context.setDefaultTimeout(STEP_LIMIT);
      return await OpenBrowser.#over(context, proxy, options);
    } catch (error) {
      await proxy.close();
      throw error;
    }
  }

  static async #over(
    context: BrowserContext,
    proxy: GuardedProxy,
    { lease, host, notes, now }: OpenBrowserOptions,
  ): Promise<OpenBrowser> {
    const { workspace, secrets } = host;
    const { browser, downloads: folder } = lease.process;
    const tabs = new Tabs({ context, notes, onPage: (page) => recording.add(page) });
    const pages = (): Page[] => tabs.all.map(({ page }) => page);
    const recording = new Recording({
      pages,
      sessionFor: (page) => context.newCDPSession(page),
      workspace,
      notes,
      mask: async (text) => (await secrets.mask()).maskLong(text),
      now,
    });
    const { page } = await tabs.open();
    const own = join(folder, crypto.randomUUID());
    const contextId = await contextIdOf(context, page);
    const downloads = await Downloads.open({ browser, contextId, folder: own, workspace, notes });
    const uploads = join(own, "uploads");
    const failureOf = (hostname: string) => proxy.failureOf(hostname);
    const verbs = new Verbs({ context, tabs, workspace, uploads, recording, failureOf });
    return new OpenBrowser({ verbs, lease, context, proxy, downloads, recording });
  }

  private constructor(parts: {
    verbs: Verbs;
    lease: ChromiumLease;
    context: BrowserContext;
    proxy: GuardedProxy;
    downloads: Downloads;
    recording: Recording;
  }) {
    this.verbs = parts.verbs;
    this.#lease = parts.lease;
    this.#context = parts.context;
    this.#proxy = parts.proxy;
    this.#downloads = parts.downloads;
    this.#recording = parts.recording;
  }

  /** False once the browser has ended or crashed. */
  get isUsable(): boolean {
    return this.#lease.process.isRunning;
  }

  /** Waits a little for what is being downloaded, so that the answer can name it. */
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
    await this.#proxy.close();
    this.#lease.release();
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
