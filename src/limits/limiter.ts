import { AsyncLocalStorage } from "node:async_hooks";
import { AgentServerError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { NO_OBSERVERS, type Observers } from "../observing/observers.ts";
import type { DocumentStore } from "../stores/documents.ts";
import { type LimitName, type Limits, WIRE_NAMES } from "./caller-limits.ts";
import { type Account, accountsOf, type Client, hasAny } from "./client.ts";
import { type Place, Places } from "./places.ts";
import { limitReached, type RateHeaders, type Reached, rateHeaders } from "./refusals.ts";
import { RequestBuckets } from "./request-buckets.ts";
import { UsageLedger } from "./usage-ledger.ts";
import { limitsUsage, type Used, usedUp } from "./usage-windows.ts";

/** Seconds after which a caller with too many sockets or runs may try again. */
const SOCKETS_PAUSE = 1;
const RUNS_PAUSE = 5;

export interface LimiterOptions {
  /** Limits of every principal. Default: none; keys may have some. */
  limits?: Limits | undefined;
  documents: Pick<DocumentStore, "read" | "write">;
  logger: Logger;
  /** Watch the refusals. Default: none. */
  observers?: Observers | undefined;
  /** Milliseconds since 1970. */
  now(): number;
}

/**
 * Holds the clients of a server to their limits. Requests, sockets and runs are counted in this process; what models
 * have used is counted in the store, for all servers.
 *
 * What is done for a client carries it along: the calls of models that come of a request, in runs, sub-agents and
 * titles, count for the one who has made it.
 */
export class Limiter {
  readonly #options: LimiterOptions;
  readonly #requests: RequestBuckets;
  readonly #sockets = new Places("sockets", SOCKETS_PAUSE);
  readonly #runs = new Places("runs", RUNS_PAUSE);
  readonly #ledger: UsageLedger;
  readonly #current = new AsyncLocalStorage<Client>();
  /** Whether any client has limits. Until then none is carried along. */
  #isUsed: boolean;

  constructor(options: LimiterOptions) {
    this.#options = options;
    this.#requests = new RequestBuckets(options.now);
    this.#ledger = new UsageLedger(options);
    this.#isUsed = options.limits !== undefined;
  }

  /** Whether any client has limits, so that it matters for whom something is done. */
  get isUsed(): boolean {
    return this.#isUsed;
  }

  /** The client for which this is done; undefined for what no request has led to. */
  get current(): Client | undefined {
    return this.#current.getStore();
  }

  /** Does work for a client. */
  within<T>(client: Client, work: () => T): T {
    if (client.key !== undefined && hasAny(client.key.limits)) this.#isUsed = true;
    return this.#isUsed ? this.#current.run(client, work) : work();
  }

  /**
   * Counts a request, an upgrade or a message on a socket. Returns what is left; undefined without such a limit.
   *
   * @throws AgentServerError `too_many_requests` with the seconds to wait
   */
  takeRequest(client: Client): RateHeaders | undefined {
    const accounts = this.#accountsOf(client);
    if (accounts.length === 0) return undefined;
    const left = this.#refusing("requestsPerMinute", () => this.#requests.take(accounts));
    return left && rateHeaders(left);
  }

  /**
   * Counts a socket until its place is released.
   *
   * @throws AgentServerError `too_many_requests`
   */
  holdSocket(client: Client): Place {
    return this.#refusing("sockets", () => this.#sockets.take(this.#accountsOf(client)));
  }

  /**
   * Counts a run until its place is released.
   *
   * @throws AgentServerError `too_many_requests`
   */
  holdRun(client: Client): Place {
    return this.#refusing("runs", () => this.#runs.take(this.#accountsOf(client)));
  }

  /** Counts what a call of a model has used. */
  book(client: Client, used: Used): void {
    for (const { name, limits } of this.#accountsOf(client))
      if (limitsUsage(limits)) this.#ledger.add(name, used);
  }

  /** The limit of tokens or cost that a client has reached; undefined while something is left. */
  async usedUp(client: Client): Promise<Reached | undefined> {
    const accounts = this.#accountsOf(client).filter(({ limits }) => limitsUsage(limits));
    const all = await Promise.all(
      accounts.map(async (account) =>
        usedUp(account, await this.#ledger.usage(account.name), this.#options.now()),
      ),
    );
    const [longest] = all.flatMap((reached) => reached ?? []).toSorted((a, b) => b.seconds - a.seconds);
    if (longest !== undefined) this.#show(longest.name);
    return longest;
  }

  /** Rejects with `too_many_requests` when tokens or cost of a client are used up. */
  async assertLeft(client: Client): Promise<void> {
    const reached = await this.usedUp(client);
    if (reached !== undefined) throw limitReached(reached);
  }

  /** Resolves when what was counted is stored, or cannot be. */
  close(): Promise<void> {
    return this.#ledger.flushed();
  }

  #accountsOf(client: Client): Account[] {
    return accountsOf(client, this.#options.limits);
  }

  #refusing<T>(name: LimitName, take: () => T): T {
    try {
      return take();
    } catch (error) {
      if (AgentServerError.is(error)) this.#show(name);
      throw error;
    }
  }

  #show(name: LimitName): void {
    const { observers = NO_OBSERVERS } = this.#options;
    observers.limited(WIRE_NAMES[name]);
  }
}
