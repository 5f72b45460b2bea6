import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, CDPSession } from "playwright-core";
import type { ContextHost } from "../driver/driver-functions.ts";
import { downloadName } from "./kept-downloads.ts";

/** Bytes of one download. */
const MAX_BYTES = 100 * 1024 * 1024;
/** Downloads at a time, and in all while one browser is open. */
const MAX_ACTIVE = 5;
const MAX_DOWNLOADS = 100;

export interface DownloadsOptions {
  browser: Browser;
  /** The browser's own id of the context. */
  contextId: string;
  /** Folder on this machine where files arrive. */
  folder: string;
  host: Pick<ContextHost, "note" | "bring">;
}

interface Arriving {
  name: string;
  isRefused: boolean;
}

/** Brings what pages offer for download into the workspace, within bounds. */
export class Downloads {
  readonly #options: DownloadsOptions;
  readonly #session: CDPSession;
  readonly #arriving = new Map<string, Arriving>();
  readonly #moving = new Set<Promise<void>>();
  #count = 0;

  static async open(options: DownloadsOptions): Promise<Downloads> {
    const { browser, contextId: browserContextId, folder: downloadPath } = options;
    await mkdir(downloadPath, { recursive: true });
    const session = await browser.newBrowserCDPSession();
    const downloads = new Downloads(options, session);
    await session.send("Browser.setDownloadBehavior", {
      behavior: "allowAndName",
      eventsEnabled: true,
      browserContextId,
      downloadPath,
    });
    return downloads;
  }

  private constructor(options: DownloadsOptions, session: CDPSession) {
    this.#options = options;
    this.#session = session;
    session.on("Browser.downloadWillBegin", ({ guid, suggestedFilename }) =>
      this.#begin(guid, suggestedFilename),
    );
    session.on("Browser.downloadProgress", ({ guid, state, receivedBytes, totalBytes }) => {
      const arriving = this.#arriving.get(guid);
      if (arriving === undefined) return;
      const isTooLarge = Math.max(receivedBytes, totalBytes) > MAX_BYTES;
      if (isTooLarge) this.#refuse(guid, arriving, `it is larger than ${MAX_BYTES / 1024 / 1024} MiB`);
      if (state !== "inProgress") this.#end(guid, arriving, state === "completed");
    });
  }

  /** Waits until files that have arrived are in the workspace. */
  async settled(): Promise<void> {
    await Promise.all(this.#moving);
  }

  /** Whether something is still arriving. */
  get isBusy(): boolean {
    return this.#arriving.size > 0 || this.#moving.size > 0;
  }

  async close(): Promise<void> {
    await this.#session.detach().catch(() => {});
    await this.settled();
    await rm(this.#options.folder, { recursive: true, force: true });
  }

  #begin(guid: string, suggested: string): void {
    this.#count += 1;
    const arriving = { name: downloadName(suggested), isRefused: false };
    const isOver = this.#arriving.size >= MAX_ACTIVE || this.#count > MAX_DOWNLOADS;
    this.#arriving.set(guid, arriving);
    if (isOver) this.#refuse(guid, arriving, "there were too many downloads");
  }

  #refuse(guid: string, arriving: Arriving, reason: string): void {
    if (arriving.isRefused) return;
    arriving.isRefused = true;
    this.#options.host.note(`The download of ${arriving.name} was stopped: ${reason}.`);
    const { contextId: browserContextId } = this.#options;
    void this.#session.send("Browser.cancelDownload", { guid, browserContextId }).catch(() => {});
  }

  #end(guid: string, { name, isRefused }: Arriving, isComplete: boolean): void {
    this.#arriving.delete(guid);
    const source = join(this.#options.folder, guid);
    const moving = (
      isComplete && !isRefused ? this.#options.host.bring({ source, name }) : rm(source, { force: true })
    )
      .catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        this.#options.host.note(`The download of ${name} could not be kept: ${reason}`);
      })
      .finally(() => this.#moving.delete(moving));
    this.#moving.add(moving);
  }
}
