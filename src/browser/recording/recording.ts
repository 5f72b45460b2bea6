import type { CDPSession, Page } from "playwright-core";
import { messageOf } from "../../errors.ts";
import { joinPath } from "../../workspace/paths.ts";
import type { ContextHost } from "../driver/driver-functions.ts";
import { BrowserFailure, withinTime } from "../failure.ts";
import { RECORDER_BINDING, RECORDER_WORLD, recorderScript, STOP } from "./recorder-script.ts";

/** Milliseconds between two files, and characters after which one is written at once. */
const FLUSH_EVERY = 5000;
const FLUSH_SIZE = 1024 * 1024;
/** Characters of one event, and of a recording. */
const MAX_EVENT = 16 * 1024 * 1024;
const MAX_RECORDING = 200 * 1024 * 1024;
const ANSWER_LIMIT = 10_000;

export interface RecordingOptions {
  pages(): readonly Page[];
  sessionFor(page: Page): Promise<CDPSession>;
  host: Pick<ContextHost, "note" | "recordingFolder" | "writeRecording">;
}

interface Recorded {
  session: CDPSession;
  script: string;
}

/** Records what happens in the pages of a browser, as files of rrweb events. */
export class Recording {
  readonly #options: RecordingOptions;
  readonly #pages = new Map<Page, Recorded>();
  #folder: string | null = null;
  #events: string[] = [];
  #size = 0;
  #total = 0;
  #eventCount = 0;
  #fileCount = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: RecordingOptions) {
    this.#options = options;
  }

  get isOn(): boolean {
    return this.#folder !== null;
  }

  async start(): Promise<string> {
    if (this.#folder !== null) return `Already recording to ${this.#folder}`;
    this.#folder = await this.#options.host.recordingFolder();
    this.#eventCount = 0;
    this.#fileCount = 0;
    this.#total = 0;
    this.#timer = setInterval(() => this.#flush(), FLUSH_EVERY).unref();
    try {
      for (const page of this.#options.pages()) await this.#record(page);
    } catch (error) {
      await this.stop();
      throw new BrowserFailure(`Recording could not start: ${messageOf(error)}`);
    }
    return `Recording started, to ${this.#folder}`;
  }

  /** Takes a new page into a recording that goes on. */
  add(page: Page): void {
    if (this.isOn) void this.#record(page).catch(() => {});
  }

  async stop(): Promise<string> {
    const folder = this.#folder;
    if (folder === null) throw new BrowserFailure("Nothing is recorded; start with browser_start_recording.");
    clearInterval(this.#timer);
    await Promise.all([...this.#pages].map(([page, recorded]) => this.#end(page, recorded)));
    this.#folder = null;
    this.#flush(folder);
    await this.#writing;
    const files = this.#fileCount === 1 ? "1 file" : `${this.#fileCount} files`;
    return `Recording stopped. Captured ${this.#eventCount} events in ${files}. Saved to: ${folder}`;
  }

  /** Ends the recording with the browser. What has come is written. */
  async close(): Promise<void> {
    if (this.isOn) await this.stop().catch(() => {});
  }

  async #record(page: Page): Promise<void> {
    if (this.#pages.has(page)) return;
    const session = await this.#options.sessionFor(page);
    session.on("Runtime.bindingCalled", ({ name, payload }) => {
      if (name === RECORDER_BINDING) this.#take(payload);
    });
    await session.send("Runtime.enable");
    await session.send("Page.enable");
    await session.send("Runtime.addBinding", {
      name: RECORDER_BINDING,
      executionContextName: RECORDER_WORLD,
    });
    const { identifier } = await session.send("Page.addScriptToEvaluateOnNewDocument", {
      source: await recorderScript(),
      worldName: RECORDER_WORLD,
      runImmediately: true,
    });
    this.#pages.set(page, { session, script: identifier });
    page.once("close", () => this.#pages.delete(page));
  }

  async #end(page: Page, { session, script }: Recorded): Promise<void> {
    this.#pages.delete(page);
    try {
      await session.send("Page.removeScriptToEvaluateOnNewDocument", { identifier: script });
      const { frameTree } = await session.send("Page.getFrameTree");
      const { executionContextId: contextId } = await session.send("Page.createIsolatedWorld", {
        frameId: frameTree.frame.id,
        worldName: RECORDER_WORLD,
      });
      await withinTime(
        session.send("Runtime.evaluate", { expression: STOP, contextId }),
        ANSWER_LIMIT,
        "The page",
      );
    } catch {
      // A page that has gone or hangs is recorded as far as it came.
    } finally {
      await session.detach().catch(() => {});
    }
  }

  #take(event: string): void {
    if (!this.isOn || event.length > MAX_EVENT) return;
    if (this.#total + event.length > MAX_RECORDING) {
      this.#options.host.note(
        `The recording has reached ${MAX_RECORDING / 1024 / 1024} MiB; the rest is not recorded.`,
      );
      this.#total = Number.POSITIVE_INFINITY;
      return;
    }
    this.#events.push(event);
    this.#size += event.length;
    this.#total += event.length;
    this.#eventCount += 1;
    if (this.#size > FLUSH_SIZE) this.#flush();
  }

  #flush(folder = this.#folder): void {
    if (folder === null || this.#events.length === 0) return;
    const text = `[${this.#events.join(",")}]`;
    this.#events = [];
    this.#size = 0;
    this.#fileCount += 1;
    const path = joinPath(folder, `${this.#fileCount}.json`);
    const { host } = this.#options;
    this.#writing = this.#writing
      .then(() => host.writeRecording({ path, text }))
      .catch((error: unknown) =>
        host.note(`A part of the recording could not be written: ${messageOf(error)}`),
      );
  }
}
