import type { Page } from "playwright-core";

const LIMIT = 10_000;
/** Bytes of a picture. It is stored in an event and sent to the model again and again. */
const MAX_BYTES = 400 * 1024;
const QUALITIES = [80, 50, 25] as const;

/** Takes a picture of the visible part of a page, in Base64: PNG, or JPEG where that would be too large. */
export async function takeScreenshot(page: Page): Promise<string> {
  const shared = { timeout: LIMIT, scale: "css", animations: "disabled" } as const;
  let picture = await page.screenshot({ ...shared, type: "png" });
  for (const quality of QUALITIES) {
    if (picture.length <= MAX_BYTES) break;
    picture = await page.screenshot({ ...shared, type: "jpeg", quality });
  }
  return picture.toString("base64");
}
