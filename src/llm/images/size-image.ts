import { messageOf } from "../../errors.ts";
import { type Logger, silentLogger } from "../../logger.ts";
import type { SizeImage } from "../decorators/with-sized-images.ts";

/** Characters of a data URL that is looked at. No provider takes a larger image. */
const MAX_CHARACTERS = 64 * 1024 * 1024;
/** Pixels of an image that is decoded: more would take more than half a gigabyte. */
const MAX_PIXELS = 150_000_000;
/** Seconds for one image. */
const TIMEOUT = 20;

const TYPES: Readonly<Record<string, "png" | "jpeg" | "webp">> = {
  png: "png",
  gif: "png",
  jpeg: "jpeg",
  jpg: "jpeg",
  webp: "webp",
};

/**
 * Makes images smaller with the package `sharp`, where it is installed. Without it, and where an image cannot be read,
 * the provider gets the image as it is: it says what it does not take.
 */
export function sharpSizer(logger: Logger = silentLogger): SizeImage {
  return async (url, maxSide) => {
    const [, type = "", data] = /^data:image\/([a-z]+);base64,(.+)$/is.exec(url) ?? [];
    const format = TYPES[type.toLowerCase()];
    if (format === undefined || data === undefined || url.length > MAX_CHARACTERS) return url;
    const sharp = await loadSharp();
    if (sharp === null) return url;
    try {
      const image = sharp(Buffer.from(data, "base64"), { limitInputPixels: MAX_PIXELS });
      const { width, height } = await image.metadata();
      if (Math.max(width, height) <= maxSide) return url;
      const smaller = await image
        .autoOrient()
        .resize({ width: maxSide, height: maxSide, fit: "inside" })
        .toFormat(format)
        .timeout({ seconds: TIMEOUT })
        .toBuffer();
      return `data:image/${format};base64,${smaller.toString("base64")}`;
    } catch (error) {
      logger.warn({ error: messageOf(error) }, "an image cannot be made smaller");
      return url;
    }
  };
}

/** null where the package is not installed. */
async function loadSharp(): Promise<typeof import("sharp").default | null> {
  return import("sharp").then(
    (loaded) => loaded.default,
    () => null,
  );
}
