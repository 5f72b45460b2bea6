import { asObject } from "../../is-object.ts";
import { costText, totalOf } from "../../timeline/amounts.ts";
import { statusWords } from "../../timeline/event-row.ts";
import { textOf } from "../../timeline/event-words.ts";
import { usageIn } from "../../timeline/usage-steps.ts";
import { grouped, oneLine } from "../../timeline/visible-text.ts";
import { NEWEST_EVENTS, needsEvents, waitOf } from "../../timeline/waits.ts";
import { byId, setText } from "./elements.ts";
import type { Server } from "./server.ts";

/** Milliseconds between two looks. */
const PERIOD = 3_000;
/** Conversations that are listed at first, and at most: the list is asked for again and again. */
const FIRST_COUNT = 25;
const MAX_COUNT = 100;
/** Running conversations whose newest events are read to say what they wait for. */
const MAX_READ = 10;

type Info = Readonly<Record<string, unknown>>;

export interface ListOptions {
  server: Server;
  /** Called with the error of each look, and with undefined after one that was answered. */
  onLook(error: unknown): void;
}

/** The conversations that changed last, looked at every three seconds while the page is in view. */
export class ConversationList {
  readonly #options: ListOptions;
  readonly #list = byId("list");
  readonly #status = byId<HTMLSelectElement>("status");
  readonly #items = new Map<string, HTMLLIElement>();
  #count = FIRST_COUNT;
  #timer: number | undefined;
  #look = new AbortController();

  constructor(options: ListOptions) {
    this.#options = options;
    this.#status.addEventListener("change", () => void this.refresh());
    byId("more").addEventListener("click", () => {
      this.#count = MAX_COUNT;
      void this.refresh();
    });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.#timer !== undefined) void this.refresh();
    });
  }

  /** Looks at once, and from then on. The last look counts. */
  async refresh(): Promise<void> {
    this.stop();
    const look = new AbortController();
    this.#look = look;
    try {
      await this.#show(look.signal);
      if (!look.signal.aborted) this.#options.onLook(undefined);
    } catch (error) {
      if (!look.signal.aborted) this.#options.onLook(error);
    }
    if (!look.signal.aborted) this.#again();
  }

  stop(): void {
    this.#look.abort();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Marks the conversation that is shown. */
  mark(id: string | undefined): void {
    for (const [each, item] of this.#items) {
      item.firstElementChild?.setAttribute("aria-current", String(each === id));
    }
  }

  #again(): void {
    this.#timer = setTimeout(() => {
      if (document.hidden) this.#again();
      else void this.refresh();
    }, PERIOD);
  }

  async #show(signal: AbortSignal): Promise<void> {
    const { value: status } = this.#status;
    const query = new URLSearchParams({ limit: String(this.#count), sort_order: "UPDATED_AT_DESC" });
    if (status !== "") query.set("status", status);
    const page = asObject(await this.#options.server.get(`api/conversations/search?${query}`, signal));
    const infos = (Array.isArray(page.items) ? page.items : []).map(asObject);
    const waits = await this.#waitsOf(infos, signal);
    if (signal.aborted) return;
    this.#draw(infos, waits);
    const hasMore = typeof page.next_page_id === "string";
    byId("more").hidden = !hasMore || this.#count === MAX_COUNT;
    setText(byId("listed"), listedWords(infos.length, hasMore));
  }

  /** By the id of the conversation. One whose events cannot be read shows its status. */
  async #waitsOf(infos: readonly Info[], signal: AbortSignal): Promise<Map<string, string>> {
    const running = infos.filter(needsEvents).slice(0, MAX_READ);
    const events = await Promise.all(running.map((info) => this.#newestOf(textOf(info.id), signal)));
    const read = new Map(running.map((info, index) => [info, events[index] ?? []]));
    return new Map(infos.map((info) => [textOf(info.id), waitsWords(info, read.get(info))]));
  }

  async #newestOf(id: string, signal: AbortSignal): Promise<Info[]> {
    const path = `api/conversations/${id}/events/search?sort_order=TIMESTAMP_DESC&limit=${NEWEST_EVENTS}`;
    const page = await this.#options.server.get(path, signal).catch(() => undefined);
    const { items } = asObject(page);
    return Array.isArray(items) ? items.map(asObject) : [];
  }

  #draw(infos: readonly Info[], waits: ReadonlyMap<string, string>): void {
    const focused = document.activeElement;
    const shown = new Set(infos.map(({ id }) => textOf(id)));
    for (const [id, item] of this.#items) {
      if (shown.has(id)) continue;
      item.remove();
      this.#items.delete(id);
    }
    infos.forEach((info, index) => {
      const id = textOf(info.id);
      const item = this.#items.get(id) ?? newItem(id);
      this.#items.set(id, item);
      drawItem(item, info, waits.get(id) ?? "");
      if (this.#list.children[index] !== item)
        this.#list.insertBefore(item, this.#list.children[index] ?? null);
    });
    // An element that is moved loses the focus.
    if (focused instanceof HTMLElement && this.#list.contains(focused)) focused.focus();
  }
}

function newItem(id: string): HTMLLIElement {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.addEventListener("click", () => {
    location.hash = id;
  });
  const title = document.createElement("strong");
  title.dir = "auto";
  const waits = document.createElement("span");
  waits.className = "waits";
  button.append(title, waits, document.createElement("span"));
  item.append(button);
  return item;
}

function drawItem(item: HTMLLIElement, info: Info, waits: string): void {
  const [title, status, used] = item.firstElementChild?.children ?? [];
  if (!(title instanceof HTMLElement && status instanceof HTMLElement && used instanceof HTMLElement)) return;
  setText(title, oneLine(textOf(info.title), 120) || textOf(info.id));
  setText(status, waits);
  status.classList.toggle("bad", info.execution_status === "error" || info.execution_status === "stuck");
  const total = totalOf(usageIn(info.stats));
  const tokens = `${grouped(total.input)} tokens in, ${grouped(total.output)} out, ${costText(total.cost)}`;
  setText(used, `${tokens} · ${textOf(info.updated_at).slice(0, 19).replace("T", " ")} UTC`);
}

function waitsWords(info: Info, newestFirst: readonly Info[] = []): string {
  const status = statusWords(info.execution_status);
  const waits = waitOf(info, newestFirst);
  return status.endsWith(waits) ? status : `${status}, waits for ${waits}`;
}

function listedWords(count: number, hasMore: boolean): string {
  if (count === 0) return "There are none.";
  return hasMore ? `The ${count} that changed last.` : "";
}
