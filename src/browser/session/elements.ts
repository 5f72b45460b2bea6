import type { Page } from "playwright-core";
import { BrowserFailure } from "../failure.ts";
import { type Located, locateElement } from "../page/element-actions.ts";
import { LISTENING } from "../page/listeners.ts";
import { type Survey, surveyPage } from "../page/survey.ts";
import type { FrameWorld, FrameWorlds } from "./frame-world.ts";

const MAX_ELEMENTS = 400;
const MAX_NODES = 50_000;
const MARGIN = 1000;

/** A numbered element, found again in its frame. */
export interface FoundElement extends Located {
  world: FrameWorld;
  index: number;
}

/** A page as a survey of its frames shows it. */
export type PageSurvey = Omit<Survey, "next">;

/**
 * The numbered elements of the pages of one browser. A number is given once, so an old one never means another element.
 */
export class Elements {
  readonly #worlds: FrameWorlds;
  #next = 1;

  constructor(worlds: FrameWorlds) {
    this.#worlds = worlds;
  }

  async survey(page: Page): Promise<PageSurvey> {
    const [main, ...frames] = await this.#worlds.of(page);
    if (main === undefined) throw new BrowserFailure("The page has just been closed.");
    const whole = await this.#surveyFrame(main);
    for (const frame of frames) {
      const left = MAX_ELEMENTS - whole.elements.length;
      if (left <= 0) break;
      // A frame may leave at any time, and costs its own elements then.
      const part = await this.#surveyFrame(frame, left).catch(() => null);
      whole.elements.push(...(part?.elements ?? []));
      whole.truncated ||= part?.truncated ?? false;
    }
    return whole;
  }

  /** Scrolls an element into view. Throws a failure for a number that belongs to none on the page. */
  async find(page: Page, index: number): Promise<FoundElement> {
    for (const world of await this.#worlds.of(page)) {
      const located = await world.run(locateElement, index).catch(() => null);
      if (located !== null) return { ...located, world, index };
    }
    throw new BrowserFailure(
      `Element with index ${index} not found: the page has changed. Call browser_get_state for the elements it has now.`,
    );
  }

  async #surveyFrame(world: FrameWorld, maxElements = MAX_ELEMENTS): Promise<Survey> {
    const listening = await world.inspect(LISTENING).catch(() => []);
    const options = {
      next: this.#next,
      listening: placesIn(listening),
      maxElements,
      maxNodes: MAX_NODES,
      margin: MARGIN,
    };
    const survey = await world.run(surveyPage, options);
    this.#next = Math.max(this.#next, survey.next);
    return survey;
  }
}

function placesIn(value: unknown): number[] {
  return Array.isArray(value) ? value.filter((place) => Number.isSafeInteger(place)) : [];
}
