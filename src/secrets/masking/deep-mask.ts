import { setImmediate } from "node:timers/promises";
import type { SecretMask } from "./secret-mask.ts";

/** Characters that are masked between two pauses, each text counted as some more. */
const STEP = 65_536;
const TEXT_COST = 64;
/** The field of a browser's observation that holds an image without saying so. */
const SCREENSHOT = "screenshot_data";
/** An image and nothing else: words after it would be read by people and models. */
const IMAGE_DATA = /^(data:image\/[\w.+-]{1,64};base64,)?[A-Za-z0-9+/=\s]*$/;
const DATA_URL = /^data:image\//;

/** Masks every text of a value, image data excepted, with a pause now and then. */
export class DeepMask {
  readonly #mask: SecretMask;
  #characters = 0;

  constructor(mask: SecretMask) {
    this.#mask = mask;
  }

  async value(value: unknown): Promise<unknown> {
    if (typeof value === "string") return isImageUrl(value) ? value : this.text(value);
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
    const isImage = name === SCREENSHOT && typeof value === "string" && IMAGE_DATA.test(value);
    return isImage ? value : this.value(value);
  }

  async text(text: string): Promise<string> {
    this.#characters += text.length + TEXT_COST;
    if (this.#characters > STEP) {
      this.#characters = 0;
      await setImmediate();
    }
    return this.#mask.maskLong(text);
  }
}

function isImageUrl(text: string): boolean {
  return DATA_URL.test(text) && IMAGE_DATA.test(text);
}
