import type { BrowserContext, Page } from "playwright-core";
import type { BrowserAnswer, BrowserVerbs } from "../../tools/browser/browser-session.ts";
import type { ContextHost } from "../driver/driver-functions.ts";
import { BrowserFailure } from "../failure.ts";
import { readContent } from "../page/content.ts";
import { clickElement, scrollPage } from "../page/element-actions.ts";
import type { Recording } from "../recording/recording.ts";
import { contentAnswer } from "./content-answer.ts";
import { Elements, type FoundElement } from "./elements.ts";
import { FrameWorlds } from "./frame-world.ts";
import { goTo, NAVIGATION_LIMIT } from "./navigation.ts";
import { assertReadable, pageUrl } from "./page-url.ts";
import { takeScreenshot } from "./screenshot.ts";
import { begun, loaded, settled } from "./settled.ts";
import { SiteStorage } from "./site-storage.ts";
import type { Tab, Tabs } from "./tabs.ts";
import { typeInto } from "./typing.ts";

const CLICK_LIMIT = 10_000;
/** Of the text of a page. */
const MAX_CHARACTERS = 1_000_000;
const MAX_NODES = 200_000;

export interface VerbsOptions {
  context: BrowserContext;
  tabs: Tabs;
  recording: Recording;
  host: Pick<ContextHost, "upload" | "failureOf">;
}

/** The verbs of one browser, on pages of one context. */
export class Verbs implements BrowserVerbs {
  readonly #options: VerbsOptions;
  readonly #tabs: Tabs;
  readonly #worlds: FrameWorlds;
  readonly #elements: Elements;
  readonly #storage: SiteStorage;

  constructor(options: VerbsOptions) {
    const { context, tabs } = options;
    this.#options = options;
    this.#tabs = tabs;
    this.#worlds = new FrameWorlds(context);
    this.#elements = new Elements(this.#worlds);
    this.#storage = new SiteStorage({
      context,
      worlds: this.#worlds,
      pages: () => tabs.all.map(({ page }) => page),
    });
  }

  /** Ends what the current page is loading. Never rejects. */
  async stopLoading(): Promise<void> {
    try {
      const { page } = await this.#tabs.current();
      await (await this.#worlds.sessionOf(page)).send("Page.stopLoading");
    } catch {
      // A page that is gone loads nothing.
    }
  }

  async navigate({ url, newTab }: { url: string; newTab: boolean }): Promise<BrowserAnswer> {
    const address = pageUrl(url);
    const tab = newTab ? await this.#tabs.open() : await this.#tabs.current();
    const remark = await goTo(tab.page, address, this.#options.host.failureOf);
    if (remark === null) return { text: `${address} is a file, not a page: it is downloaded.` };
    const where = newTab ? `Opened new tab ${tab.id} with URL: ` : "Navigated to: ";
    return { text: `${where}${await shownAs(tab.page)}${remark}` };
  }

  async click({ index, newTab }: { index: number; newTab: boolean }): Promise<BrowserAnswer> {
    const { page } = await this.#tabs.current();
    const element = await this.#elements.find(page, index);
    if (newTab && element.href !== "") return this.#openLink(element);
    if (element.tag === "select") {
      return {
        text: `Element ${index} is a list. Choose with browser_type. It has: ${element.choices.join(", ")}`,
      };
    }
    if (element.isDisabled) throw new BrowserFailure(`Element ${index} is disabled.`);
    const before = this.#tabs.all;
    const from = page.url();
    const remark = await this.#settled(page, () => this.#press(page, element));
    const opened = this.#tabs.followNew(before);
    if (opened !== undefined) await begun(opened.page);
    const words = element.text === "" ? "" : ` ${JSON.stringify(element.text)}`;
    const note = newTab ? " (only links open in new tabs)" : "";
    return {
      text: `Clicked element ${index}, <${element.tag}>${words}${note}.${remark}${await this.#moved(page, from, opened)}`,
    };
  }

  async type({ index, text }: { index: number; text: string }): Promise<BrowserAnswer> {
    const { page } = await this.#tabs.current();
    const element = await this.#elements.find(page, index);
    const from = page.url();
    const { upload } = this.#options.host;
    const done = await this.#settled(page, () => typeInto(element, text, { page, upload }));
    return { text: done + (await this.#moved(page, from)) };
  }

  async scroll(direction: "up" | "down"): Promise<BrowserAnswer> {
    const { page } = await this.#tabs.current();
    const world = await this.#mainWorld(page);
    const { top, height, visible } = await world.run(scrollPage, direction);
    const end = top + visible >= height - 1 ? " This is the end." : top <= 0 ? " This is the beginning." : "";
    return {
      text: `Scrolled ${direction}: pixels ${top} to ${top + visible} of ${height} are visible.${end}`,
    };
  }

  async goBack(): Promise<BrowserAnswer> {
    const { page } = await this.#tabs.current();
    const from = page.url();
    await page.goBack({ waitUntil: "commit", timeout: NAVIGATION_LIMIT });
    await loaded(page);
    if (page.url() === from) throw new BrowserFailure("This tab has shown no page before this one.");
    return { text: `Navigated back to: ${await shownAs(page)}` };
  }

  async state({ withScreenshot }: { withScreenshot: boolean }): Promise<BrowserAnswer> {
    const { page } = await this.#tabs.current();
    assertReadable(page.url());
    const { elements, truncated, viewport, page: size, scroll } = await this.#elements.survey(page);
    const screenshot = withScreenshot ? await takeScreenshot(page) : undefined;
    const state = {
      url: page.url(),
      title: await titleOf(page),
      tabs: await Promise.all(
        this.#tabs.all.map(async (tab) => ({ url: tab.page.url(), title: await titleOf(tab.page) })),
      ),
      interactive_elements: elements,
      ...(truncated && { more_elements: "There are more than are listed; scroll to those that are not." }),
      viewport,
      page: size,
      scroll,
      ...(withScreenshot && { screenshot_dimensions: viewport }),
    };
    return { text: JSON.stringify(state, null, 2), ...(screenshot !== undefined && { screenshot }) };
  }

  async content({ withLinks, start }: { withLinks: boolean; start: number }): Promise<BrowserAnswer> {
    const { page } = await this.#tabs.current();
    assertReadable(page.url());
    const [main, ...frames] = await this.#worlds.of(page);
    if (main === undefined) throw new BrowserFailure("The page has just been closed.");
    const whole = await main.run(readContent, {
      withLinks,
      maxCharacters: MAX_CHARACTERS,
      maxNodes: MAX_NODES,
    });
    for (const frame of frames) {
      const maxCharacters = MAX_CHARACTERS - whole.text.length;
      const part = await frame
        .run(readContent, { withLinks, maxCharacters, maxNodes: MAX_NODES })
        .catch(() => null);
      if (part !== null && part.text !== "") whole.text += `\n\n---\n\n${part.text}`;
    }
    return { text: contentAnswer(page.url(), whole, start) };
  }

  async listTabs(): Promise<BrowserAnswer> {
    await this.#tabs.current();
    const tabs = this.#tabs.all.map(async ({ id, page }) => ({
      tab_id: id,
      url: page.url(),
      title: await titleOf(page),
    }));
    return { text: JSON.stringify(await Promise.all(tabs), null, 2) };
  }

  async switchTab(id: string): Promise<BrowserAnswer> {
    const tab = this.#tabs.get(id);
    this.#tabs.select(tab);
    await tab.page.bringToFront();
    return { text: `Switched to tab ${tab.id}: ${await shownAs(tab.page)}` };
  }

  async closeTab(id: string): Promise<BrowserAnswer> {
    const tab = this.#tabs.get(id);
    await this.#tabs.close(tab);
    const { id: current, page } = await this.#tabs.current();
    return { text: `Closed tab ${tab.id}, now on tab ${current}: ${await shownAs(page)}` };
  }

  async storage(): Promise<BrowserAnswer> {
    return { text: JSON.stringify(await this.#storage.read(), null, 2) };
  }

  async setStorage(state: Record<string, unknown>): Promise<BrowserAnswer> {
    const { stored, unreached } = await this.#storage.write(state);
    if (unreached.length === 0) return { text: `Storage set successfully: ${stored} cookies and sites.` };
    const text = `Not stored, because no tab shows these sites: ${unreached.join(", ")}. Open them first. The rest is stored.`;
    return { text, isError: true };
  }

  async startRecording(): Promise<BrowserAnswer> {
    await this.#tabs.current();
    return { text: await this.#options.recording.start() };
  }

  async stopRecording(): Promise<BrowserAnswer> {
    return { text: await this.#options.recording.stop() };
  }

  async #openLink({ href, index }: FoundElement): Promise<BrowserAnswer> {
    const { text } = await this.navigate({ url: href, newTab: true });
    return { text: `Clicked element ${index}. ${text}` };
  }

  /** Clicks as a pointer does, or as a script does where no pointer gets through. */
  async #press(page: Page, { world, index, coveredBy }: FoundElement): Promise<string> {
    const point = await world.middleOf(index);
    if (point === null || coveredBy !== "") {
      if (!(await world.run(clickElement, index)))
        throw new BrowserFailure(`Element with index ${index} not found.`);
      return coveredBy === "" ? "" : ` It is covered by ${coveredBy}, so it was clicked by script.`;
    }
    const clicked = page.mouse.click(point.x, point.y);
    // A page that is busy answers late; what comes of it is seen in the next state.
    await Promise.race([clicked, new Promise((resolve) => setTimeout(resolve, CLICK_LIMIT).unref())]);
    return "";
  }

  async #moved(page: Page, from: string, opened?: Tab): Promise<string> {
    if (opened !== undefined)
      return ` It opened tab ${opened.id}, which is now the current one: ${await shownAs(opened.page)}`;
    if (page.isClosed()) return " The tab has closed.";
    return page.url() === from ? "" : ` The page is now: ${await shownAs(page)}`;
  }

  async #settled<T>(page: Page, action: () => Promise<T>): Promise<T> {
    return settled(page, await this.#worlds.sessionOf(page), action);
  }

  async #mainWorld(page: Page) {
    const [main] = await this.#worlds.of(page);
    if (main === undefined) throw new BrowserFailure("The page has just been closed.");
    return main;
  }
}

/** A page that does not answer has no title. */
async function titleOf(page: Page): Promise<string> {
  const late = new Promise<string>((resolve) => setTimeout(resolve, 2000, "").unref());
  return (await Promise.race([page.title().catch(() => ""), late])).slice(0, 300);
}

async function shownAs(page: Page): Promise<string> {
  const title = await titleOf(page);
  return title === "" ? page.url() : `${page.url()} (${title})`;
}
