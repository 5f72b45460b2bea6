import type { BrowserContext, Dialog, Page } from "playwright-core";
import { BrowserFailure } from "../failure.ts";

const MAX_TABS = 20;
/** Dialogs of one tab that are answered. A page that opens more is closed. */
const MAX_DIALOGS = 50;
const MAX_SHOWN = 200;

export interface Tab {
  /** 4 characters. */
  readonly id: string;
  readonly page: Page;
}

export interface TabsOptions {
  context: BrowserContext;
  /** Keeps a line for the next answer. */
  note(line: string): void;
  /** Called for each new page. */
  onPage(page: Page): void;
}

/** The tabs of one conversation's browser, and which of them is the current one. */
export class Tabs {
  readonly #options: TabsOptions;
  readonly #tabs = new Map<string, Tab>();
  #current: Tab | null = null;
  #count = 0;

  constructor(options: TabsOptions) {
    this.#options = options;
    options.context.on("page", (page) => this.#add(page));
  }

  get all(): readonly Tab[] {
    return [...this.#tabs.values()];
  }

  get size(): number {
    return this.#tabs.size;
  }

  /** The current tab, or a new one when all are closed. */
  async current(): Promise<Tab> {
    return this.#current ?? (await this.open());
  }

  /** Opens an empty tab and makes it the current one. */
  async open(): Promise<Tab> {
    if (this.#tabs.size >= MAX_TABS) {
      throw new BrowserFailure(`${MAX_TABS} tabs are open, and there can be no more: close one first.`);
    }
    const page = await this.#options.context.newPage();
    const tab = this.all.find((each) => each.page === page);
    if (tab === undefined) throw new BrowserFailure("The new tab was closed at once.");
    this.#current = tab;
    return tab;
  }

  get(id: string): Tab {
    const tab = this.#tabs.get(id.trim().toUpperCase());
    if (tab !== undefined) return tab;
    const known = [...this.#tabs.keys()].join(", ") || "none";
    throw new BrowserFailure(
      `There is no tab ${JSON.stringify(id.slice(0, MAX_SHOWN))}. Open tabs: ${known}.`,
    );
  }

  select(tab: Tab): void {
    this.#current = tab;
  }

  /** Makes the newest tab that was not open before the current one. undefined when there is none. */
  followNew(before: readonly Tab[]): Tab | undefined {
    const opened = this.all.filter((tab) => !before.includes(tab)).at(-1);
    if (opened !== undefined) this.#current = opened;
    return opened;
  }

  async close(tab: Tab): Promise<void> {
    this.#remove(tab);
    await tab.page.close({ runBeforeUnload: false });
  }

  #add(page: Page): void {
    if (this.#tabs.size >= MAX_TABS) {
      this.#options.note(`A page has opened a tab beyond the ${MAX_TABS} that there may be; it was closed.`);
      void page.close().catch(() => {});
      return;
    }
    this.#count += 1;
    const tab = { id: this.#count.toString(16).toUpperCase().padStart(4, "0"), page };
    this.#tabs.set(tab.id, tab);
    this.#watch(tab);
    this.#options.onPage(page);
  }

  #watch(tab: Tab): void {
    const { note } = this.#options;
    let dialogs = 0;
    tab.page.on("dialog", (dialog) => {
      dialogs += 1;
      if (dialogs > MAX_DIALOGS) {
        note(`Tab ${tab.id} was closed: it opened one dialog after the other.`);
        void this.close(tab).catch(() => {});
        return;
      }
      note(answerTo(dialog));
    });
    tab.page.on("crash", () => {
      note(`The page in tab ${tab.id} has crashed; the tab was closed.`);
      void this.close(tab).catch(() => {});
    });
    tab.page.on("close", () => this.#remove(tab));
    tab.page.on("filechooser", () => {
      note(
        "The page asks for a file: type the path of a file in the workspace into its field for files with browser_type.",
      );
    });
  }

  #remove(tab: Tab): void {
    this.#tabs.delete(tab.id);
    if (this.#current === tab) this.#current = this.all.at(-1) ?? null;
  }
}

/** Answers a dialog in the place of a user: OK, or cancel where a text is wanted. Returns words about it. */
function answerTo(dialog: Dialog): string {
  const kind = dialog.type();
  const message = JSON.stringify(dialog.message().slice(0, MAX_SHOWN));
  const accepts = kind !== "prompt";
  void (accepts ? dialog.accept() : dialog.dismiss()).catch(() => {});
  if (kind === "beforeunload") return "The page asked whether to leave it; it was left.";
  return `The page opened a dialog (${kind}) that says ${message}; it was ${accepts ? "answered with OK" : "cancelled"}.`;
}
