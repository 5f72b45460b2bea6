import { WebSocket } from "ws";
import { AgentServerError, messageOf } from "../../errors.ts";
import { asObject } from "../../is-object.ts";
import { readBounded } from "../../read-bounded.ts";

/** Milliseconds of a request, and of the beginning of a socket. */
const REQUEST_LIMIT = 60_000;
const HANDSHAKE_LIMIT = 15_000;
/** Bytes of an answer and of a frame. */
const MAX_ANSWER = 64 * 1024 * 1024;
const MAX_FRAME = 32 * 1024 * 1024;
/** Characters of an error that are shown. */
const MAX_ECHO = 500;

/** Address of an agent server, and the key that admits. */
export interface ServerAddress {
  /** Base URL without a slash at its end. */
  url: string;
  /** undefined for a server that requires none. */
  key: string | undefined;
}

/** A part of a request. */
interface RequestParts {
  body?: object;
  headers?: Record<string, string>;
}

/** Calls an agent server over the public protocol. Redirects are refused, because the key would go where they lead. */
export class ServerClient {
  readonly url: string;
  readonly #key: string | undefined;

  constructor({ url, key }: ServerAddress) {
    this.url = url;
    this.#key = key;
  }

  get(path: string, headers: Record<string, string> = {}): Promise<unknown> {
    return this.#ask("GET", path, { headers });
  }

  post(path: string, body: object = {}): Promise<unknown> {
    return this.#ask("POST", path, { body });
  }

  /** Opens a socket of the server. Its failures are those of the socket. */
  socket(path: string): WebSocket {
    return new WebSocket(this.url.replace(/^http/, "ws") + path, {
      headers: this.#headers(),
      handshakeTimeout: HANDSHAKE_LIMIT,
      maxPayload: MAX_FRAME,
      followRedirects: false,
    });
  }

  /** @throws AgentServerError with the server's words, and `unavailable` where it cannot be reached */
  async #ask(method: string, path: string, { body, headers }: RequestParts): Promise<unknown> {
    const response = await fetch(this.url + path, {
      method,
      headers: { ...this.#headers(), ...headers, ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
      redirect: "error",
      signal: AbortSignal.timeout(REQUEST_LIMIT),
    }).catch((error: unknown) => {
      throw new AgentServerError("unavailable", `${this.url} cannot be reached: ${reasonOf(error)}`);
    });
    const answer = parsed((await readBounded(response.body, MAX_ANSWER)).toString("utf8"));
    if (!response.ok) throw refusal(response.status, answer);
    return answer;
  }

  #headers(): Record<string, string> {
    return this.#key === undefined ? {} : { "X-Session-API-Key": this.#key };
  }
}

/** An answer that is not JSON stays text: pages of proxies are. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function refusal(status: number, answer: unknown): AgentServerError {
  const { detail = answer, exception } = asObject(answer);
  const said = exception ?? detail;
  const text = (typeof said === "string" ? said : JSON.stringify(said)).slice(0, MAX_ECHO);
  if (status === 401) return new AgentServerError("unauthorized", text);
  if (status === 404) return new AgentServerError("not_found", text);
  return new AgentServerError("bad_gateway", `the server answered ${status}: ${text}`);
}

/** Node's fetch hides the reason behind its own words. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && cause.message !== "" ? cause.message : messageOf(error);
}
