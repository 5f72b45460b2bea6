import { isObject } from "../../../is-object.ts";
import { readBounded } from "../../../read-bounded.ts";
import type { KeptLogin, SharedLogin } from "./shared-login.ts";

/** Milliseconds for one request. */
const TIMEOUT = 5_000;

/** Bytes of an answer. */
const MAX_BYTES = 256 * 1024;

/** The part of `fetch` that a login at a URL needs. */
export type LoginFetch = (
  url: URL,
  request: {
    method: "GET" | "PUT";
    headers: Record<string, string>;
    body?: string;
    redirect: "manual";
    signal: AbortSignal;
  },
) => Promise<Response>;

/** Where a login is kept, and what admits to it. */
export interface LoginAddress {
  url: string;
  headers: Readonly<Record<string, string>>;
}

/** The reason for which a login at a URL cannot be had. */
export type LoginFault = "missing" | "changed" | "rejected" | "unsupported" | "invalid" | "unavailable";

/** The failure of a request for a login. Its message shows neither the URL nor an answer. */
export class LoginError extends Error {
  override readonly name = "LoginError";
  readonly fault: LoginFault;

  constructor(fault: LoginFault, options: ErrorOptions = {}) {
    super(`The place of the login answers: ${fault}`, options);
    this.fault = fault;
  }
}

/** A login that another server keeps: GET reads it, PUT replaces the version that the request names. */
export class HttpLogin implements SharedLogin {
  readonly source: string;
  readonly isBound = true;
  #headers: Readonly<Record<string, string>>;
  readonly #fetch: LoginFetch;

  constructor({ url, headers }: LoginAddress, fetch: LoginFetch) {
    this.source = url;
    this.#headers = headers;
    this.#fetch = fetch;
  }

  /** Takes other headers, for example once a token has expired. */
  authorize(headers: Readonly<Record<string, string>>): void {
    this.#headers = headers;
  }

  /** Rejects with a LoginError, also for a login that is missing. */
  async load(): Promise<KeptLogin> {
    const { value, version } = await this.#ask("GET");
    if (typeof value !== "string" || !isVersion(version)) throw new LoginError("invalid");
    return { value, version };
  }

  async read(): Promise<KeptLogin | undefined> {
    try {
      return await this.load();
    } catch (error) {
      if (error instanceof LoginError && error.fault === "missing") return undefined;
      throw error;
    }
  }

  async replace(version: string, value: string): Promise<string | undefined> {
    try {
      const answer = await this.#ask("PUT", { expected_version: version, value });
      if (!isVersion(answer.version)) throw new LoginError("invalid");
      return answer.version;
    } catch (error) {
      if (error instanceof LoginError && (error.fault === "changed" || error.fault === "missing"))
        return undefined;
      throw error;
    }
  }

  async #ask(method: "GET" | "PUT", body?: object): Promise<Record<string, unknown>> {
    const url = URL.parse(this.source);
    if (url === null || !/^https?:$/.test(url.protocol)) throw new LoginError("invalid");
    const type: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
    const response = await this.#fetch(url, {
      ...{ method, redirect: "manual", signal: AbortSignal.timeout(TIMEOUT) },
      headers: { ...this.#headers, ...type },
      ...(body && { body: JSON.stringify(body) }),
    }).catch((cause: unknown) => {
      throw new LoginError("unavailable", { cause });
    });
    const fault = faultOf(response.status);
    if (fault === undefined) return objectIn(response);
    await response.body?.cancel();
    throw new LoginError(fault);
  }
}

async function objectIn(response: Response): Promise<Record<string, unknown>> {
  try {
    const text = (await readBounded(response.body, MAX_BYTES)).toString("utf8");
    const answer: unknown = JSON.parse(text);
    if (isObject(answer)) return answer;
  } catch (cause) {
    throw new LoginError("invalid", { cause });
  }
  throw new LoginError("invalid");
}

function isVersion(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function faultOf(status: number): LoginFault | undefined {
  if (status >= 200 && status < 300) return undefined;
  switch (status) {
    case 501:
      return "unsupported";
    case 404:
      return "missing";
    case 409:
      return "changed";
    case 400:
    case 422:
      return "invalid";
    case 401:
    case 403:
      return "rejected";
    default:
      return "unavailable";
  }
}
