import type { BrowserContext, CDPSession, Page } from "playwright-core";
import { asObject, isObject } from "../../is-object.ts";
import { BrowserFailure } from "../failure.ts";
import type { FrameWorlds } from "./frame-world.ts";

const MAX_ORIGINS = 50;
const MAX_COOKIES = 1000;
const MAX_ITEMS = 1000;

interface StorageItem {
  name: string;
  value: string;
}

interface OriginStorage {
  origin: string;
  localStorage?: StorageItem[];
  sessionStorage?: StorageItem[];
}

/** Where a site's storage can be reached: through the debugger of a page that shows it. */
interface Place {
  origin: string;
  session: CDPSession;
}

export interface SiteStorageOptions {
  context: BrowserContext;
  worlds: FrameWorlds;
  pages(): readonly Page[];
}

/** Cookies and storage of sites in one browser context. */
export class SiteStorage {
  readonly #options: SiteStorageOptions;

  constructor(options: SiteStorageOptions) {
    this.#options = options;
  }

  /** Cookies of all sites; local and session storage of those that are open. */
  async read(): Promise<{ cookies: unknown[]; origins: OriginStorage[] }> {
    const cookies = await this.#options.context.cookies();
    const origins: OriginStorage[] = [];
    for (const place of await this.#places()) {
      const localStorage = await itemsAt(place, true);
      const sessionStorage = await itemsAt(place, false);
      if (localStorage.length + sessionStorage.length === 0) continue;
      origins.push({
        origin: place.origin,
        ...(localStorage.length > 0 && { localStorage }),
        ...(sessionStorage.length > 0 && { sessionStorage }),
      });
    }
    return { cookies, origins };
  }

  /** Stores what `read` gives. Returns the sites whose storage cannot be reached because no tab shows them. */
  async write(state: Record<string, unknown>): Promise<{ stored: number; unreached: string[] }> {
    const cookies = cookiesIn(state.cookies);
    const origins = originsIn(state.origins);
    if (cookies.length > 0) await this.#options.context.addCookies(cookies);
    const places = await this.#places();
    const unreached: string[] = [];
    for (const origin of origins) {
      const place = places.find((each) => each.origin === origin.origin);
      if (place === undefined) unreached.push(origin.origin);
      else await store(place, origin);
    }
    return { stored: cookies.length + origins.length - unreached.length, unreached };
  }

  async #places(): Promise<Place[]> {
    const { pages, worlds } = this.#options;
    const places = new Map<string, Place>();
    for (const page of pages()) {
      const session = await worlds.sessionOf(page);
      for (const frame of page.frames()) {
        const origin = URL.parse(frame.url())?.origin ?? "null";
        if (origin !== "null" && !places.has(origin) && places.size < MAX_ORIGINS)
          places.set(origin, { origin, session });
      }
    }
    return [...places.values()];
  }
}

async function itemsAt({ origin, session }: Place, isLocalStorage: boolean): Promise<StorageItem[]> {
  const storageId = { securityOrigin: origin, isLocalStorage };
  try {
    const { entries } = await session.send("DOMStorage.getDOMStorageItems", { storageId });
    return entries.map(([name = "", value = ""]) => ({ name, value }));
  } catch {
    // A frame in another process, or one that may not store anything.
    return [];
  }
}

async function store(
  place: Place,
  { origin, localStorage = [], sessionStorage = [] }: OriginStorage,
): Promise<void> {
  for (const [items, isLocalStorage] of [
    [localStorage, true],
    [sessionStorage, false],
  ] as const) {
    const storageId = { securityOrigin: origin, isLocalStorage };
    for (const { name: key, value } of items)
      await place.session.send("DOMStorage.setDOMStorageItem", { storageId, key, value });
  }
}

type Cookie = Parameters<BrowserContext["addCookies"]>[0][number];

function cookiesIn(value: unknown): Cookie[] {
  return listAt("cookies", value, MAX_COOKIES).map((each, at) => {
    const { name, value: text, url, domain, path, expires, httpOnly, secure, sameSite } = each;
    if (typeof name !== "string" || typeof text !== "string") {
      throw new BrowserFailure(`storage_state.cookies[${at}]: needs a name and a value.`);
    }
    if (typeof domain !== "string" && typeof url !== "string") {
      throw new BrowserFailure(`storage_state.cookies[${at}]: needs a domain and a path, or a url.`);
    }
    return {
      name,
      value: text,
      ...(typeof domain === "string"
        ? { domain, path: typeof path === "string" ? path : "/" }
        : { url: String(url) }),
      ...(typeof expires === "number" && { expires }),
      ...(typeof httpOnly === "boolean" && { httpOnly }),
      ...(typeof secure === "boolean" && { secure }),
      ...(isSameSite(sameSite) && { sameSite }),
    };
  });
}

function isSameSite(value: unknown): value is "Strict" | "Lax" | "None" {
  return value === "Strict" || value === "Lax" || value === "None";
}

function originsIn(value: unknown): OriginStorage[] {
  return listAt("origins", value, MAX_ORIGINS).map((each, at) => {
    const field = `origins[${at}]`;
    const origin = typeof each.origin === "string" ? URL.parse(each.origin)?.origin : undefined;
    if (origin === undefined || origin === "null") {
      throw new BrowserFailure(
        `storage_state.${field}.origin: must be an address such as https://example.com`,
      );
    }
    return {
      origin,
      localStorage: itemsIn(`${field}.localStorage`, each.localStorage),
      sessionStorage: itemsIn(`${field}.sessionStorage`, each.sessionStorage),
    };
  });
}

function itemsIn(field: string, value: unknown): StorageItem[] {
  return listAt(field, value, MAX_ITEMS).map((item, at) => {
    const name = item.name ?? item.key;
    if (typeof name !== "string" || typeof item.value !== "string") {
      throw new BrowserFailure(`storage_state.${field}[${at}]: needs a name and a value.`);
    }
    return { name, value: item.value };
  });
}

function listAt(field: string, value: unknown, limit: number): Record<string, unknown>[] {
  if (value == null) return [];
  if (!Array.isArray(value) || !value.every(isObject)) {
    throw new BrowserFailure(`storage_state.${field}: must be a list of objects.`);
  }
  if (value.length > limit)
    throw new BrowserFailure(`storage_state.${field}: has more than ${limit} entries.`);
  return value.map(asObject);
}
