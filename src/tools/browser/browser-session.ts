import type { ToolHost } from "../tool.ts";

/** The answer to one verb, for the model. */
export interface BrowserAnswer {
  text: string;
  isError?: boolean;
  /** A picture of the page, PNG or JPEG, in Base64. */
  screenshot?: string;
}

/** The verbs of a browser. Elements and tabs have the names that earlier answers gave them. */
export interface BrowserVerbs {
  navigate(target: { url: string; newTab: boolean }): Promise<BrowserAnswer>;
  click(target: { index: number; newTab: boolean }): Promise<BrowserAnswer>;
  type(input: { index: number; text: string }): Promise<BrowserAnswer>;
  scroll(direction: "up" | "down"): Promise<BrowserAnswer>;
  goBack(): Promise<BrowserAnswer>;
  state(options: { withScreenshot: boolean }): Promise<BrowserAnswer>;
  content(options: { withLinks: boolean; start: number }): Promise<BrowserAnswer>;
  listTabs(): Promise<BrowserAnswer>;
  switchTab(id: string): Promise<BrowserAnswer>;
  closeTab(id: string): Promise<BrowserAnswer>;
  storage(): Promise<BrowserAnswer>;
  setStorage(state: Record<string, unknown>): Promise<BrowserAnswer>;
  startRecording(): Promise<BrowserAnswer>;
  stopRecording(): Promise<BrowserAnswer>;
}

/**
 * The browser of one conversation, which its tools share.
 *
 * - It is started by the first verb and by the first one after it has ended.
 * - Verbs run one after the other. What a page or the browser refuses is an answer with `isError`; `use` rejects when
 *   the signal aborts.
 */
export interface BrowserSession {
  use(verb: (verbs: BrowserVerbs) => Promise<BrowserAnswer>, signal: AbortSignal): Promise<BrowserAnswer>;
  /** Ends the use by one tool. With the last one the browser of the conversation is closed. */
  release(): Promise<void>;
}

/** Opens the browser of a conversation for one of its tools. Starts nothing. */
export type OpenBrowserSession = (host: ToolHost) => BrowserSession | Promise<BrowserSession>;
