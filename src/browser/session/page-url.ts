import { isLoopbackHost } from "../../loopback.ts";
import { BrowserFailure } from "../failure.ts";

const MAX_LENGTH = 8192;
/** A host without a scheme, as people write it: `example.com/page`, `localhost:3000`. */
const BARE = /^(\[[\da-f:]+\]|[\w.-]+)(:\d{1,5})?([/?#].*)?$/i;
/** Addresses that an opened page may come to: its own data, an error page, an empty page. */
const READABLE = /^(https?|data|blob|about|chrome-error):/;

/** Reads the address that an agent wants to open. Throws a failure for everything else that a browser would open. */
export function pageUrl(raw: string): string {
  const text = raw.trim();
  if (text === "about:blank") return text;
  if (text.length > MAX_LENGTH) throw new BrowserFailure(`url: is longer than ${MAX_LENGTH} characters.`);
  const url = URL.parse(withScheme(text));
  if (url === null || text === "")
    throw new BrowserFailure(`url: ${JSON.stringify(text)} is not an address.`);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new BrowserFailure(`url: only http and https pages can be opened, not ${url.protocol}`);
  }
  return url.href;
}

/** Throws for a page that must not be read, however a tab came to it. */
export function assertReadable(url: string): void {
  if (url === "" || READABLE.test(url)) return;
  throw new BrowserFailure(`Pages of ${URL.parse(url)?.protocol ?? "this kind"} cannot be read.`);
}

function withScheme(text: string): string {
  const [, host = ""] = BARE.exec(text) ?? [];
  if (host === "") return text;
  return `${isLocal(host) ? "http" : "https"}://${text}`;
}

function isLocal(host: string): boolean {
  return isLoopbackHost(host) || /^(\d+\.){3}\d+$/.test(host) || host.startsWith("[");
}
