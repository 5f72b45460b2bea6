import type { z } from "zod";
import { AgentServerError } from "../../errors.ts";
import { isObject } from "../../is-object.ts";
import { readBounded } from "../../read-bounded.ts";
import type { repositoryPage } from "../../wire/settings/repositories.ts";

/** A repository as clients see it. */
export type Repository = z.output<ReturnType<typeof repositoryPage>>["items"][number];

/** The door to the network that a search needs. It takes GETs and follows no redirect. */
export type FetchPage = (
  url: URL,
  request: { headers: Record<string, string>; redirect: "manual"; signal: AbortSignal },
) => Promise<Response>;

export interface GithubPage {
  repositories: Repository[];
  /** The `page` of the next request; null at the end. */
  next: string | null;
}

const PAGE_SIZE = 100;
const TIMEOUT = 15_000;
/** A page of a hundred repositories has about half a mebibyte. */
const MAX_BYTES = 8 * 1024 * 1024;

export interface PageRequest {
  fetch: FetchPage;
  /** Origin of the API. */
  api: string;
  token: string;
  page: number;
}

/**
 * Gets one page of the repositories that a token may read, those that were pushed to last first.
 *
 * @throws AgentServerError with the status for the client: that of a refused token, 400 for other refusals, 502 when the
 * API fails, and 504 after 15 seconds.
 */
export async function readGithubPage({ fetch, api, token, page }: PageRequest): Promise<GithubPage> {
  const url = new URL("/user/repos", api);
  const affiliation = "owner,collaborator,organization_member";
  const query = { per_page: `${PAGE_SIZE}`, page: `${page}`, sort: "pushed", affiliation };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const signal = AbortSignal.timeout(TIMEOUT);
  try {
    const response = await fetch(url, { headers: headersOf(token), redirect: "manual", signal });
    if (!response.ok) await response.body?.cancel();
    assertOk(response.status);
    const text = new TextDecoder().decode(await readBounded(response.body, MAX_BYTES));
    return { repositories: repositoriesIn(JSON.parse(text)), next: nextIn(response.headers.get("link")) };
  } catch (error) {
    if (AgentServerError.is(error)) throw error;
    if (signal.aborted) throw new AgentServerError("gateway_timeout", "GitHub repository search timed out");
    throw failed("bad_gateway", error);
  }
}

function headersOf(token: string): Record<string, string> {
  return {
    accept: "application/vnd.github+json",
    authorization: `Bearer ${token}`,
    "user-agent": "agent-server",
    "x-github-api-version": "2022-11-28",
  };
}

function assertOk(status: number): void {
  if (status >= 200 && status < 300) return;
  if (status === 401) throw failed("unauthorized");
  if (status === 403) throw failed("forbidden");
  throw failed(status >= 500 ? "bad_gateway" : "bad_request");
}

function failed(code: "unauthorized" | "forbidden" | "bad_request" | "bad_gateway", cause?: unknown) {
  return new AgentServerError(code, "GitHub repository search failed", { cause });
}

function repositoriesIn(body: unknown): Repository[] {
  if (!Array.isArray(body)) throw failed("bad_gateway");
  return body.filter(isObject).map((item) => ({
    id: String(item.id ?? ""),
    full_name: String(item.full_name ?? ""),
    git_provider: "github",
    is_public: !item.private,
    stargazers_count: Number.isInteger(item.stargazers_count) ? Number(item.stargazers_count) : null,
    pushed_at: typeof item.pushed_at === "string" ? item.pushed_at : null,
    main_branch: typeof item.default_branch === "string" ? item.default_branch : null,
  }));
}

/** The page that the header `Link` names as the next. */
function nextIn(link: string | null): string | null {
  for (const [, url = "", rel] of (link ?? "").matchAll(/<([^<>]+)>;\s*rel="([^"]+)"/g)) {
    if (rel === "next" && URL.canParse(url)) return new URL(url).searchParams.get("page") || null;
  }
  return null;
}
