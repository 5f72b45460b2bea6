import type { Clock } from "../../clock.ts";
import { AgentServerError } from "../../errors.ts";
import { isLoopbackHost } from "../../loopback.ts";
import { settledWithin, untilAborted } from "../../waiting.ts";
import type { McpOAuthStatusResponse, McpTestResponse } from "../../wire/settings/mcp-trials.ts";
import { Authorization } from "../oauth/authorization.ts";
import { NotAuthorizedError } from "../oauth/token-source.ts";
import { remoteUrl } from "../transports/remote-transport.ts";
import { serverFetch } from "../transports/server-fetch.ts";
import { failureOf, type TestParts, testServer } from "./test-server.ts";

/** A place on this machine to which a browser comes back. */
export interface BrowserReturn {
  /** Address that the browser is sent to. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Opens such a place, at the port of an earlier one if that is free. `take` gets the address that a browser came with,
 * and tells whether it was the right one.
 */
export type OpenBrowserReturn = (options: {
  port: number | undefined;
  take(url: URL): boolean;
}) => Promise<BrowserReturn>;

export interface OAuthJobParts {
  id: string;
  test: TestParts;
  clock: Clock;
  openReturn: OpenBrowserReturn;
}

/** Milliseconds that a job has for the test after the authorization. */
const CALLBACK_WAIT = 5_000;

/** The authorization of a user at one server, followed by its test. */
export class OAuthJob {
  readonly #parts: OAuthJobParts;
  readonly #ending = new AbortController();
  readonly #urlReady = Promise.withResolvers<void>();
  readonly #callback = Promise.withResolvers<URL>();
  readonly #done: Promise<void>;
  #authorization: Authorization | undefined;
  #authorizationUrl: string | undefined;
  #return: BrowserReturn | undefined;
  #result: McpTestResponse | undefined;

  constructor(parts: OAuthJobParts) {
    this.#parts = parts;
    this.#done = this.#run();
  }

  get id(): string {
    return this.#parts.id;
  }

  get result(): McpTestResponse | undefined {
    return this.#result;
  }

  get authorizationUrl(): string | undefined {
    return this.#authorizationUrl;
  }

  /** Waits until there is an address to open, or a result. */
  async ready(milliseconds: number): Promise<void> {
    await settledWithin(Promise.race([this.#urlReady.promise, this.#done]), milliseconds);
  }

  status(): McpOAuthStatusResponse {
    const about = {
      job_id: this.id,
      ...(this.#authorizationUrl === undefined ? {} : { authorization_url: this.#authorizationUrl }),
      callback_ready: this.#return !== undefined,
    };
    const result = this.#result;
    if (result?.ok === true) return { ...result, ...about, status: "succeeded" };
    if (result?.ok === false) return { ...result, ...about, status: "failed" };
    return { ok: true, status: this.#authorizationUrl === undefined ? "pending" : "authorizing", ...about };
  }

  /**
   * Takes the address that the browser was sent to, for users whose browser cannot reach this machine.
   *
   * @throws AgentServerError `bad_request` for another address, `conflict` when none is expected yet
   */
  async submit(text: string): Promise<McpOAuthStatusResponse> {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url?.protocol !== "http:" || !isLoopbackHost(url.hostname)) {
      throw new AgentServerError("bad_request", "Invalid OAuth callback URL");
    }
    if (this.#return === undefined) throw new AgentServerError("conflict", "OAuth callback is not ready");
    const expected = new URL(this.#return.url);
    if (url.port !== expected.port || url.pathname !== expected.pathname) {
      throw new AgentServerError("bad_request", "Unexpected OAuth callback URL");
    }
    if (!this.#take(url)) {
      const error = "OAuth callback returned HTTP 400";
      return { ...this.status(), ok: false, status: "failed", error, error_kind: "connection" };
    }
    await settledWithin(this.#done, CALLBACK_WAIT);
    return this.status();
  }

  /** Ends the job. Resolves when nothing of it runs any more. */
  async close(): Promise<void> {
    this.#ending.abort(new Error("The authorization has taken too long"));
    await this.#done;
  }

  /** True for an address with the value that this job has sent along. */
  #take(url: URL): boolean {
    if (this.#authorization === undefined || url.searchParams.get("state") !== this.#authorization.state)
      return false;
    this.#callback.resolve(url);
    return true;
  }

  async #run(): Promise<void> {
    const { test } = this.#parts;
    try {
      this.#result = await this.#testOrAuthorize();
    } catch (error) {
      this.#result = await failureOf(error, test.server);
    } finally {
      await this.#return?.close();
    }
  }

  async #testOrAuthorize(): Promise<McpTestResponse> {
    const { test } = this.#parts;
    try {
      return await testServer(test);
    } catch (error) {
      const refusal = refusalIn(error);
      if (refusal === undefined) throw error;
      await this.#authorize(refusal);
    }
    return testServer(test);
  }

  async #authorize({ hint }: NotAuthorizedError): Promise<void> {
    const { test, clock, openReturn } = this.#parts;
    const { server, remote, state: store } = test;
    if (server.auth?.strategy !== "oauth2" || server.url === undefined)
      throw new Error("The server uses no OAuth");
    const url = remoteUrl(server.url);
    const { client_info: client } = await store.read();
    this.#return = await openReturn({
      port: portOf(client?.redirect_uris),
      take: (address) => this.#take(address),
    });
    this.#authorization = new Authorization({
      ...{ url, store, settings: server.auth.authentication ?? { type: "oauth" } },
      fetch: serverFetch(url, remote),
      redirectUrl: this.#return.url,
      now: () => clock.now(),
      newState: () => clock.newId().replaceAll("-", "") + crypto.randomUUID().replaceAll("-", ""),
    });
    this.#authorizationUrl = (await this.#authorization.begin(hint)).href;
    this.#urlReady.resolve();
    const callback = await untilAborted(this.#callback.promise, this.#ending.signal);
    await this.#authorization.finish(callback, hint);
  }
}

/** The refusal for want of a token that an error was made of. */
function refusalIn(error: unknown): NotAuthorizedError | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof NotAuthorizedError) return cause;
  }
  return undefined;
}

/** The port of the address that a client was registered for. */
function portOf(addresses: unknown): number | undefined {
  const [first] = Array.isArray(addresses) ? addresses : [];
  const url = typeof first === "string" && URL.canParse(first) ? new URL(first) : undefined;
  return url !== undefined && isLoopbackHost(url.hostname) && url.port !== "" ? Number(url.port) : undefined;
}
