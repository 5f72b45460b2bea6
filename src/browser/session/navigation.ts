import type { Page } from "playwright-core";
import { PROXY_STATUS } from "../../outbound/proxy/guarded-proxy.ts";
import { BrowserFailure } from "../failure.ts";
import { loaded } from "./settled.ts";

/** Milliseconds until a page has begun to come. */
export const NAVIGATION_LIMIT = 30_000;

/** Says why a host could not be reached last, in words after its name; undefined when it was. */
export type FailureOf = (hostname: string) => Promise<string | undefined>;

/**
 * Opens an address in a tab. Resolves with a remark about the page, or with null when the address is a file to
 * download. Throws a failure that says why there is no page.
 */
export async function goTo(page: Page, address: string, failureOf: FailureOf): Promise<string | null> {
  try {
    const response = await page.goto(address, { waitUntil: "commit", timeout: NAVIGATION_LIMIT });
    if (response?.headers()[PROXY_STATUS]) throw new Error("The proxy could not reach the page");
    const isLoaded = await loaded(page);
    const status = response?.status() ?? 200;
    return (status >= 400 ? ` (HTTP status ${status})` : "") + (isLoaded ? "" : " (it is still loading)");
  } catch (error) {
    if (error instanceof Error && error.message.includes("Download is starting")) return null;
    throw await explained(error, address, failureOf);
  }
}

async function explained(error: unknown, address: string, failureOf: FailureOf): Promise<unknown> {
  const { hostname = "" } = URL.parse(address) ?? {};
  const failure = await failureOf(hostname);
  if (failure !== undefined) return new BrowserFailure(`${hostname} ${failure}.`);
  const code = /net::(ERR_\w+)/.exec(error instanceof Error ? error.message : "")?.[1];
  return code === undefined ? error : new BrowserFailure(`${address} cannot be opened (${code}).`);
}
