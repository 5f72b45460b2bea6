import { setImmediate } from "node:timers/promises";
import type { SecretMask } from "./secret-mask.ts";

/** Characters that are masked between two pauses, each text counted as some more. */
const STEP = 65_536;
const TEXT_COST = 64;
/** The field of a browser's observation that holds an image without saying so. */
const SCREENSHOT = "screenshot_data";
const IMAGE_DATA = /^data:image\/[\w.+-]{1,64};base64,/;

/** Masks every text of a value, image data excepted, with a pause now and then. */
export class DeepMask {
  readonly #mask: SecretMask;
  #characters = 0;

  constructor(mask: SecretMask) {
    this.#mask = mask;
  }

  async value(value: unknown): Promise<unknown> {
    if (typeof value === "string") return this.text(value);
    if (Array.isArray(value)) {
      const items: unknown[] = [];
      for (const item of value) items.push(await this.value(item));
      return items;
    }
    if (typeof value !== "object" || value === null) return value;
    const entries: [string, unknown][] = [];
    for (const [key, child] of Object.entries(value)) entries.push([key, await this.field(key, child)]);
    return Object.fromEntries(entries);
  }

  async field(name: string, value: unknown): Promise<unknown> {
    return name === SCREENSHOT ? value : this.value(value);
  }

  async text(text: string): Promise<string> {
    if (IMAGE_DATA.test(text)) return text;
    this.#characters += text.length + TEXT_COST;
    if (this.#characters > STEP) {
      this.#characters = 0;
      await setImmediate();
    }
    return this.#mask.maskLong(text);
  }
}
