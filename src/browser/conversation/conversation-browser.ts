import type { BrowserAnswer, BrowserVerbs } from "../../tools/browser/browser-session.ts";
import type { ToolHost } from "../../tools/tool.ts";
import { untilAborted } from "../../waiting.ts";
import type { SharedChromium } from "../chromium/shared-chromium.ts";
import { BrowserFailure, toFailure, withinTime } from "../failure.ts";
import { type NetworkSettings, networkRules } from "./network-rules.ts";
import { Notes } from "./notes.ts";
import { OpenBrowser } from "./open-browser.ts";

/** Milliseconds of one verb. */
const VERB_LIMIT = 300_000;
/** Verbs in a row that did not end in time, after which the browser is taken for hung. */
const MAX_LATE = 3;

const CLOSED = "The browser of this conversation is closed.";

export interface ConversationBrowserOptions {
  chromium: SharedChromium;
  host: ToolHost;
  network: NetworkSettings;
  /** Milliseconds without use after which it is closed. */
  idleLimit: number;
  /** Milliseconds since 1970. */
  now(): number;
}

/** The browser of one conversation: opened by its first verb, and again after it was idle, crashed or hung. */
export class ConversationBrowser {
  readonly #options: ConversationBrowserOptions;
  readonly #notes = new Notes();
  #open: OpenBrowser | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #late = 0;
  #idle: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(options: ConversationBrowserOptions) {
    this.#options = options;
  }

  /** Runs a verb after those before it. Rejects only when the signal aborts. */
  async use(
    verb: (verbs: BrowserVerbs) => Promise<BrowserAnswer>,
    signal: AbortSignal,
  ): Promise<BrowserAnswer> {
    const turn = this.#last.then(async () => {
      signal.throwIfAborted();
      return this.#do(verb, signal);
    });
    this.#last = turn.catch(() => {});
    return untilAborted(turn, signal);
  }

  /** Closes it for good, after the verb that is running or at once when that hangs. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#idle);
    await this.#shut();
    await this.#last;
    await this.#shut();
  }

  async #do(
    verb: (verbs: BrowserVerbs) => Promise<BrowserAnswer>,
    signal: AbortSignal,
  ): Promise<BrowserAnswer> {
    clearTimeout(this.#idle);
    try {
      const open = await this.#opened();
      signal.throwIfAborted();
      const answer = await this.#interruptible(open, verb(open.verbs), signal);
      await open.arrived();
      this.#late = 0;
      return { ...answer, text: this.#notes.addTo(answer.text) };
    } catch (error) {
      const failure = toFailure(error);
      await this.#open?.arrived();
      await this.#judge(failure);
      return { text: this.#notes.addTo(failure.message), isError: true };
    } finally {
      this.#rest();
    }
  }

  /** An interrupted verb must not hold up the next one for as long as its page takes. */
  async #interruptible(
    open: OpenBrowser,
    answer: Promise<BrowserAnswer>,
    signal: AbortSignal,
  ): Promise<BrowserAnswer> {
    const stop = () => void open.stopLoading();
    signal.addEventListener("abort", stop, { once: true });
    try {
      return await withinTime(answer, VERB_LIMIT, "The browser");
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  async #opened(): Promise<OpenBrowser> {
    if (this.#isClosed) throw new BrowserFailure(CLOSED);
    if (this.#open !== null && !this.#open.isUsable) {
      await this.#shut();
      this.#notes.add(
        "The browser had crashed; this is a new one, without the tabs and sessions of the old.",
      );
    }
    if (this.#open !== null) return this.#open;
    const { chromium, host, network, now } = this.#options;
    const rules = networkRules(host.workspace.info, network);
    const lease = await chromium.lease();
    try {
      this.#open = await OpenBrowser.open({ lease, host, rules, notes: this.#notes, now });
    } catch (error) {
      lease.release();
      throw error;
    }
    if (!this.#isClosed) return this.#open;
    await this.#shut();
    throw new BrowserFailure(CLOSED);
  }

  /** Counts what came late. A page that never answers is left with its whole browser. */
  async #judge({ timedOut }: BrowserFailure): Promise<void> {
    this.#late = timedOut ? this.#late + 1 : 0;
    if (this.#late < MAX_LATE) return;
    this.#late = 0;
    await this.#shut();
    this.#notes.add(
      `The browser did not answer ${MAX_LATE} times in a row, so it was closed; the next call opens a new one.`,
    );
  }

  #rest(): void {
    if (this.#isClosed || this.#open === null) return;
    this.#idle = setTimeout(() => void this.#rested(), this.#options.idleLimit).unref();
  }

  async #rested(): Promise<void> {
    const shut = this.#last.then(() => this.#shut());
    this.#last = shut.catch(() => {});
    const minutes = Math.round(this.#options.idleLimit / 60_000);
    this.#notes.add(
      `The browser was closed after ${minutes} minutes without use; this is a new one, without the tabs and sessions of the old.`,
    );
    await shut;
  }

  async #shut(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    await open?.close();
  }
}
