import { join } from "node:path";
import { isMetadataAddress, isPublicAddress } from "../../outbound/addresses.ts";
import { GuardedProxy } from "../../outbound/proxy/guarded-proxy.ts";
import type { BrowserVerbs } from "../../tools/browser/browser-session.ts";
import type { ToolHost } from "../../tools/tool.ts";
import { settledWithin } from "../../waiting.ts";
import type { ChromiumLease } from "../chromium/shared-chromium.ts";
import type { ContextHandle } from "../driver/browser-driver.ts";
import type { ContextHost, Verb } from "../driver/driver-functions.ts";
import { bringDownload } from "../files/kept-downloads.ts";
import { copyForUpload } from "../files/uploads.ts";
import { makeRecordingFolder } from "../recording/recording-files.ts";
import type { NetworkRules } from "./network-rules.ts";
import type { Notes } from "./notes.ts";

/** Milliseconds that all of a context gets to close. */
const CLOSE_LIMIT = 16_000;

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
  readonly verbs: BrowserVerbs;
  readonly #lease: ChromiumLease;
  readonly #context: ContextHandle;
  readonly #proxy: GuardedProxy;

  /** Opens a context with an empty page. */
  static async open(options: OpenBrowserOptions): Promise<OpenBrowser> {
    const { lease, rules } = options;
    const { allowsHost, allowsPrivate, upstream } = rules;
    const proxy = await GuardedProxy.open({
      allows: async (address) =>
        allowsPrivate ? !(await isMetadataAddress(address)) : isPublicAddress(address),
      allowsHost,
      upstream,
    });
    try {
      const folder = join(lease.process.downloads, crypto.randomUUID());
      const host = contextHost(options, { proxy, uploads: join(folder, "uploads") });
      const context = await lease.process.driver.open({ proxy: proxy.url, folder, host });
      return new OpenBrowser({ lease, context, proxy });
    } catch (error) {
      await proxy.close();
      throw error;
    }
  }

  private constructor(parts: { lease: ChromiumLease; context: ContextHandle; proxy: GuardedProxy }) {
    this.#lease = parts.lease;
    this.#context = parts.context;
    this.#proxy = parts.proxy;
    this.verbs = verbsOf(parts.context);
  }

  /** False once the browser has ended or crashed. */
  get isUsable(): boolean {
    return this.#lease.process.isRunning;
  }

  /** Ends what the current page is loading. Never rejects. */
  async stopLoading(): Promise<void> {
    await this.#context.stopLoading().catch(() => {});
  }

  /** Waits a little for what is being downloaded, so that the answer can name it. Never rejects. */
  async arrived(): Promise<void> {
    await this.#context.arrived().catch(() => {});
  }

  /** Closes the context and all that belongs to it. Never rejects. */
  async close(): Promise<void> {
    await settledWithin(this.#context.close(), CLOSE_LIMIT);
    await this.#proxy.close();
    this.#lease.release();
  }
}

function contextHost(
  { host: { workspace, secrets }, notes, now }: OpenBrowserOptions,
  { proxy, uploads }: { proxy: GuardedProxy; uploads: string },
): ContextHost {
  return {
    note: (line) => notes.add(line),
    bring: async (download) => {
      notes.add(`A file was downloaded to ${await bringDownload(download, workspace)}`);
    },
    upload: (paths) => copyForUpload(paths, { folder: uploads, workspace }),
    recordingFolder: () => makeRecordingFolder(workspace, now()),
    writeRecording: async ({ path, text }) => {
      await workspace.files.write(path, await (await secrets.mask()).maskLong(text));
    },
    failureOf: async (hostname) => proxy.failureOf(hostname),
  };
}

function verbsOf(context: ContextHandle): BrowserVerbs {
  const verb = (name: Verb) => (input?: unknown) => context.run(name, input);
  return {
    navigate: verb("navigate"),
    click: verb("click"),
    type: verb("type"),
    scroll: verb("scroll"),
    goBack: verb("goBack"),
    state: verb("state"),
    content: verb("content"),
    listTabs: verb("listTabs"),
    switchTab: verb("switchTab"),
    closeTab: verb("closeTab"),
    storage: verb("storage"),
    setStorage: verb("setStorage"),
    startRecording: verb("startRecording"),
    stopRecording: verb("stopRecording"),
  };
}
