import { isObject } from "../../is-object.ts";
import { ACCEPTED_ENCODINGS } from "./decoded-body.ts";
import { type DispatchHandler, Exchange } from "./exchange.ts";

/** The part of a dispatcher of undici that is used here. */
interface Dispatcher {
  dispatch(request: DispatchedRequest, handler: DispatchHandler): boolean;
}

interface DispatchedRequest {
  origin: string;
  path: string;
  method: string;
  headers: Record<string, string>;
  body: string | Uint8Array | null;
}

type Fetch = typeof globalThis.fetch;

/** Where undici keeps the dispatcher of `fetch`, and where hosts set another, for example one for a proxy. */
const GLOBAL_DISPATCHER = Symbol.for("undici.globalDispatcher.1");
/** Names the module of Node's own `fetch`. A function that a host has put in its place does not. */
const BUILT_IN = /\binternal\/deps\/undici\b/;
/** Servers that a client remembers. It usually has one. */
const MAX_ORIGINS = 10;
const KNOWN_OPTIONS: ReadonlySet<string> = new Set(["method", "headers", "body", "signal", "redirect"]);

/**
 * Makes a `fetch` for many short requests to one server. It hands them to the dispatcher of the global `fetch`, so that
 * connections, proxies, TLS and limits of time are the same, and leaves out the web streams between, which take more
 * time than all the rest.
 *
 * Everything else goes to the global `fetch`: the first request to a server, so that it judges addresses and ports;
 * options and bodies of other sorts, such as redirects that are followed; and all requests of a host that has replaced
 * `fetch`, or of a runtime with another one.
 */
export function dispatchedFetch(): Fetch {
  const known = new Set<string>();
  return async (target, init = {}) => {
    const url = new URL(target instanceof Request ? target.url : target);
    const dispatcher = known.has(url.origin) ? globalDispatcher() : undefined;
    const request = dispatcher && !(target instanceof Request) ? toDispatched(url, init) : undefined;
    if (dispatcher === undefined || request === undefined) {
      const response = await fetch(target, init);
      if (known.size < MAX_ORIGINS) known.add(url.origin);
      return response;
    }
    init.signal?.throwIfAborted();
    const exchange = new Exchange(url.href, init.signal ?? undefined);
    try {
      dispatcher.dispatch(request, exchange);
      return await exchange.answer;
    } catch (error) {
      exchange.onError(error);
      // Another version of undici may want other methods of a handler.
      if (exchange.isStarted || !isRefusal(error)) throw error;
      return fetch(target, init);
    }
  };
}

function globalDispatcher(): Dispatcher | undefined {
  if (!isBuiltIn(fetch)) return undefined;
  const dispatcher: unknown = Reflect.get(globalThis, GLOBAL_DISPATCHER);
  return hasDispatch(dispatcher) ? dispatcher : undefined;
}

const builtIn = new WeakMap<Fetch, boolean>();

function isBuiltIn(fetch: Fetch): boolean {
  const isKnown = builtIn.get(fetch);
  if (isKnown !== undefined) return isKnown;
  const is = BUILT_IN.test(Function.prototype.toString.call(fetch));
  builtIn.set(fetch, is);
  return is;
}

function hasDispatch(value: unknown): value is Dispatcher {
  return isObject(value) && typeof value.dispatch === "function";
}

/** The request as a dispatcher takes it; undefined for one that `fetch` must make. */
function toDispatched(url: URL, init: RequestInit): DispatchedRequest | undefined {
  const { method = "GET", headers, body = null } = init;
  const hasOthers = Object.keys(init).some((name) => !KNOWN_OPTIONS.has(name));
  const isPlain = init.redirect === "manual" && url.username === "" && url.password === "";
  const isBytes = body === null || typeof body === "string" || body instanceof Uint8Array;
  if (hasOthers || !isPlain || !isBytes || !(headers instanceof Headers)) return undefined;
  if (typeof body === "string" && !headers.has("content-type")) return undefined;
  const sent = { "accept-encoding": ACCEPTED_ENCODINGS, ...Object.fromEntries(headers) };
  return { origin: url.origin, path: url.pathname + url.search, method, headers: sent, body };
}

function isRefusal(error: unknown): boolean {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  return isObject(cause) && cause.code === "UND_ERR_INVALID_ARG";
}
