import type { z } from "zod";
import { AgentServerError } from "../../errors.ts";
import type { gitProvider, repositoryPage } from "../../wire/settings/repositories.ts";
import { type FetchPage, type Repository, readGithubPage } from "./github-page.ts";

type Page = z.output<ReturnType<typeof repositoryPage>>;

export interface RepositoryQuery {
  provider: z.output<ReturnType<typeof gitProvider>>;
  /** Part of the name, in any case. */
  query?: string | undefined;
  limit: number;
  /** `<page>` or `<page>:<offset>`, as `next_page_id` gave it. */
  pageId?: string | undefined;
}

export interface RepositorySearchOptions {
  /** The value of a kept secret; null without one. */
  secret(name: string): Promise<string | null>;
  fetch: FetchPage;
  /** Origin of GitHub's API. Default: the public one. */
  api?: string;
}

const GITHUB_API = "https://api.github.com";
/** Secrets that may hold the token, in this order. */
const TOKEN_NAMES = ["github_token", "GITHUB_TOKEN", "GH_TOKEN", "github"];
/** Characters that a header can carry. */
const TOKEN = /^[\x21-\x7e]+$/;
/** Pages that one search by name goes through. Its `next_page_id` goes on from there. */
const MAX_PAGES = 10;

/** Searches the repositories that the kept token of a provider may read. */
export class RepositorySearch {
  readonly #options: RepositorySearchOptions;

  constructor(options: RepositorySearchOptions) {
    this.#options = options;
  }

  /**
   * A page of repositories, those that were pushed to last first. Without a kept token it is empty and says so.
   *
   * @throws AgentServerError `bad_request` for another provider or a malformed page, otherwise as `readGithubPage`.
   */
  async search({ provider, query, limit, pageId }: RepositoryQuery): Promise<Page> {
    if (provider !== "github") {
      const detail = `Repository discovery is not supported for provider '${provider}'`;
      throw new AgentServerError("bad_request", detail);
    }
    const token = await this.#token();
    if (token === null) return { items: [], next_page_id: null, missing_token: true };
    return this.#github(token, { name: query?.toLowerCase() || undefined, limit, start: placeOf(pageId) });
  }

  async #github(
    token: string,
    { name, limit, start }: { name: string | undefined; limit: number; start: Place },
  ): Promise<Page> {
    const { fetch, api = GITHUB_API } = this.#options;
    const items: Repository[] = [];
    let { page, offset } = start;
    let next: string | null = null;
    for (let pages = 0; pages < MAX_PAGES && items.length < limit; pages += 1) {
      const found = await readGithubPage({ fetch, api, token, page });
      const matching = found.repositories.filter((item) => isNamed(item, name)).slice(offset);
      const room = limit - items.length;
      items.push(...matching.slice(0, room));
      if (matching.length > room) return pageOf(items, `${page}:${offset + room}`);
      next = found.next;
      if (name === undefined || next === null) break;
      ({ page, offset } = placeOf(next));
    }
    return pageOf(items, next);
  }

  async #token(): Promise<string | null> {
    for (const name of TOKEN_NAMES) {
      const value = await this.#options.secret(name);
      if (value !== null) return tokenIn(name, value);
    }
    return null;
  }
}

/** Files and commands end a token with a line end, which people copy with it. */
function tokenIn(name: string, value: string): string {
  const token = value.trim();
  if (TOKEN.test(token)) return token;
  throw new AgentServerError(
    "bad_request",
    `The secret ${name} is no token: it must be one word of printable ASCII characters`,
  );
}

interface Place {
  page: number;
  /** Matching repositories of the page that were given before. */
  offset: number;
}

function placeOf(pageId = "1"): Place {
  const [, page, offset = "0"] = /^(\d{1,9})(?::(\d{0,9}))?$/.exec(pageId) ?? [];
  if (page === undefined || Number(page) < 1) {
    throw new AgentServerError("bad_request", "Invalid repository page_id");
  }
  return { page: Number(page), offset: Number(offset) };
}

function isNamed({ full_name }: Repository, name: string | undefined): boolean {
  return name === undefined || full_name.toLowerCase().includes(name);
}

function pageOf(items: Repository[], next_page_id: string | null): Page {
  return { items, next_page_id, missing_token: false };
}
