import { asObject } from "../../is-object.ts";
import { oneLine } from "../../timeline/visible-text.ts";

/** Milliseconds of a request. */
const REQUEST_LIMIT = 30_000;
const KEY = "agent-server-inspector-key";

/** The answer to a request without a valid key. */
export class KeyRefused extends Error {}

/** The server that the page came from, over its public protocol. The key lasts as long as the tab. */
export class Server {
  get key(): string | null {
    return sessionStorage.getItem(KEY);
  }

  set key(key: string | null) {
    if (key === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, key);
  }

  /** @throws KeyRefused for a missing or wrong key, Error with the server's words for every other refusal. */
  get(path: string, signal?: AbortSignal): Promise<unknown> {
    return this.#ask("GET", path, { signal });
  }

  post(path: string, body: object = {}): Promise<unknown> {
    return this.#ask("POST", path, { body });
  }

  /** Opens a socket and shows it the key. */
  socket(path: string): WebSocket {
    const url = urlOf(path);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    const { key } = this;
    if (key !== null) {
      socket.addEventListener("open", () =>
        socket.send(JSON.stringify({ type: "auth", session_api_key: key })),
      );
    }
    return socket;
  }

  async #ask(
    method: string,
    path: string,
    { body, signal }: { body?: object; signal?: AbortSignal | undefined },
  ) {
    const limit = AbortSignal.timeout(REQUEST_LIMIT);
    const response = await fetch(urlOf(path), {
      method,
      headers: {
        ...(this.key !== null && { "X-Session-API-Key": this.key }),
        ...(body && { "content-type": "application/json" }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
    });
    const answer: unknown = await response.json().catch(() => undefined);
    if (response.ok) return answer;
    const words = refusalWords(response.status, answer);
    throw response.status === 401 ? new KeyRefused(words) : new Error(words);
  }
}

/** The page lies next to `api` and `sockets`, whatever stands before them. */
function urlOf(path: string): URL {
  return new URL(path, document.baseURI);
}

function refusalWords(status: number, answer: unknown): string {
  const { detail } = asObject(answer);
  const words = typeof detail === "string" ? detail : JSON.stringify(detail ?? "");
  return oneLine(`The server answered ${status}: ${words}`, 300);
}
