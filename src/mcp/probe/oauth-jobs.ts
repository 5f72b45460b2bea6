import type { Clock } from "../../clock.ts";
import { AgentServerError } from "../../errors.ts";
import type { McpOAuthStartResponse, McpTestRequest } from "../../wire/settings/mcp-trials.ts";
import { OAuthJob, type OpenBrowserReturn } from "./oauth-job.ts";
import type { ServerTests } from "./server-tests.ts";

/** Milliseconds that a job is known. */
const LIFETIME = 15 * 60 * 1_000;

/** Jobs at once that have not ended. Each waits at another port. */
const MAX_JOBS = 20;

/** Jobs that are known, with those that have ended. */
const MAX_KNOWN = 200;

export interface OAuthJobsOptions {
  tests: ServerTests;
  clock: Clock;
  openReturn: OpenBrowserReturn;
  /**
   * Shows other servers where a job is known, by its id as a dashed UUID. Resolves with the function that ends this.
   * Default: there are none.
   */
  claim?: ((id: string) => Promise<() => Promise<void>>) | undefined;
}

interface KnownJob {
  job: OAuthJob;
  timer: ReturnType<typeof setTimeout>;
  /** Ends the claim on its id. */
  claimed: Promise<() => Promise<void>> | undefined;
}

/** Authorizations of users at MCP servers, and their outcomes. */
export class OAuthJobs {
  readonly #options: OAuthJobsOptions;
  readonly #jobs = new Map<string, KnownJob>();

  constructor(options: OAuthJobsOptions) {
    this.#options = options;
  }

  /**
   * Begins an authorization, and waits for the address that the user must open.
   *
   * @throws AgentServerError `bad_request` for a server without OAuth, `too_many_requests` when too many wait
   */
  async start(request: McpTestRequest): Promise<McpOAuthStartResponse> {
    const { tests, clock, openReturn, claim } = this.#options;
    if (!("auth" in request.server) || request.server.auth?.strategy !== "oauth2") {
      throw new AgentServerError("bad_request", "MCP OAuth start requires auth.strategy='oauth2'");
    }
    const test = await tests.partsOf(request);
    // Counted and begun in one step, however many come at one moment.
    const ended = [...this.#jobs].filter(([, { job }]) => job.result !== undefined);
    if (this.#jobs.size - ended.length >= MAX_JOBS) {
      throw new AgentServerError(
        "too_many_requests",
        `${MAX_JOBS} authorizations wait for their users already`,
      );
    }
    const [oldest] = ended;
    if (oldest !== undefined && this.#jobs.size >= MAX_KNOWN) void this.#remove(oldest[0]);
    const dashedId = clock.newId();
    const id = dashedId.replaceAll("-", "");
    const job = new OAuthJob({ id, test, clock, openReturn });
    const timer = setTimeout(() => void this.#remove(id), LIFETIME);
    timer.unref();
    const claimed = claim?.(dashedId);
    this.#jobs.set(id, { job, timer, claimed });
    await claimed;
    await job.ready(Math.min(Math.max(request.timeout, 1), 30) * 1_000);
    return startOf(job);
  }

  /** @throws AgentServerError `not_found` for an id that is not, or no longer, known */
  get(id: string): OAuthJob {
    const known = this.#jobs.get(id);
    if (known === undefined) throw new AgentServerError("not_found", "MCP OAuth job not found");
    return known.job;
  }

  /** Ends every job. */
  async close(): Promise<void> {
    await Promise.all([...this.#jobs.keys()].map((id) => this.#remove(id)));
  }

  async #remove(id: string): Promise<void> {
    const known = this.#jobs.get(id);
    if (known === undefined) return;
    this.#jobs.delete(id);
    clearTimeout(known.timer);
    const release = await known.claimed?.catch(() => undefined);
    await Promise.all([known.job.close(), release?.()]);
  }
}

function startOf({ id, authorizationUrl, result }: OAuthJob): McpOAuthStartResponse {
  if (authorizationUrl !== undefined) return { ok: true, job_id: id, authorization_url: authorizationUrl };
  if (result === undefined) {
    const error = "Timed out waiting for OAuth authorization URL";
    return { ok: false, job_id: id, error, error_kind: "timeout" };
  }
  if (result.ok) return { ok: true, job_id: id };
  return { ok: false, job_id: id, error: result.error, error_kind: result.error_kind };
}
