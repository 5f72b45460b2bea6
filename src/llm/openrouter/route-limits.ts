import { z } from "zod";
import type { Clock } from "../../clock.ts";
import type { Logger } from "../../logger.ts";
import type { GuardedFetch } from "../../outbound/guarded-fetch.ts";
import { readBounded } from "../../read-bounded.ts";
import type { Model } from "../model.ts";
import { type Route, smallestWindow } from "./smallest-window.ts";

/** Where OpenRouter lists its models, also for those that are reached at another address. */
const LIST = "https://openrouter.ai/api/v1/models";
/** An author and a name, as in `deepseek/deepseek-chat:free`. No other text becomes part of an address. */
const LISTED = /^[\w~][\w~.:@+-]*\/[\w~][\w~.:@+-]*$/;
/** Milliseconds that OpenRouter has to answer. */
const TIMEOUT = 10_000;
/** Milliseconds for which an answer holds. */
const FRESH = 3_600_000;
/** Milliseconds until a model that OpenRouter did not answer for is asked about again. */
const SILENT = 300_000;
/** Models whose answers are kept; the one that is unused for longest goes first. */
const MAX_MODELS = 1_000;
const MAX_NAME = 256;
const MAX_BYTES = 1024 * 1024;

const listedRoute = z.object({
  provider_name: z.string().catch(""),
  context_length: z.int().positive(),
});

const listing = z.object({ endpoints: z.array(z.unknown()) });
const answer = z.object({ data: z.union([listing, z.tuple([listing], z.unknown())]) });

export interface RouteLimitsOptions {
  /** Sends the requests, which carry no credentials. */
  fetch: GuardedFetch;
  clock: Clock;
  logger: Logger;
  /** Milliseconds that OpenRouter has to answer. Default: 10,000. */
  timeout?: number;
}

interface Answer {
  /** null: OpenRouter has not answered. */
  routes: Promise<Route[] | null>;
  /** When it is asked again, on the clock. */
  until: number;
}

/**
 * The context windows of models at OpenRouter. Several providers serve one model, each up to another window, which may
 * be smaller than the one in price lists. Answers are shared by all models of a server.
 */
export class RouteLimits {
  readonly #options: RouteLimitsOptions;
  /** Least recently used first. */
  readonly #answers = new Map<string, Answer>();

  constructor(options: RouteLimitsOptions) {
    this.#options = options;
  }

  /**
   * Tokens that fit into a prompt at every provider that may serve the model; null where OpenRouter does not say. Never
   * rejects.
   */
  async windowOf({ config, endpoint }: Model): Promise<number | null> {
    const name = endpoint.model.includes("/") ? endpoint.model : config.model;
    if (name.length > MAX_NAME || !LISTED.test(name)) return null;
    const routes = await this.#routesOf(name);
    return routes === null ? null : smallestWindow(routes, config.litellm_extra_body.provider);
  }

  #routesOf(name: string): Promise<Route[] | null> {
    const known = this.#answers.get(name);
    this.#answers.delete(name);
    const answer = known !== undefined && this.#options.clock.now() < known.until ? known : this.#ask(name);
    this.#answers.set(name, answer);
    if (this.#answers.size > MAX_MODELS) this.#forgetOldest();
    return answer.routes;
  }

  /** All who ask before the answer has come wait for the same one. */
  #ask(name: string): Answer {
    const { clock, logger } = this.#options;
    const settle = <T extends Route[] | null>(routes: T, lasts: number) => {
      asked.until = clock.now() + lasts;
      return routes;
    };
    const routes = this.#load(name).then(
      (found) => settle(found, FRESH),
      (error: unknown) => {
        logger.debug({ model: name, error }, "OpenRouter does not say what the model's providers take");
        return settle(null, SILENT);
      },
    );
    const asked: Answer = { routes, until: Number.POSITIVE_INFINITY };
    return asked;
  }

  async #load(name: string): Promise<Route[]> {
    const { fetch, timeout = TIMEOUT } = this.#options;
    const response = await fetch(new URL(`${LIST}/${name}/endpoints`), {
      signal: AbortSignal.timeout(timeout),
      redirect: "manual",
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`the answer has status ${response.status}`);
    }
    const body = await readBounded(response.body, MAX_BYTES);
    const { data } = answer.parse(JSON.parse(body.toString()));
    const { endpoints } = Array.isArray(data) ? data[0] : data;
    const routes = endpoints.flatMap((each) => listedRoute.safeParse(each).data ?? []);
    if (routes.length === 0) throw new Error("no provider of the model is listed");
    return routes;
  }

  #forgetOldest(): void {
    const [oldest] = this.#answers.keys();
    if (oldest !== undefined) this.#answers.delete(oldest);
  }
}
