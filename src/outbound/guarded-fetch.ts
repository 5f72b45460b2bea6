import type { IncomingMessage, RequestOptions } from "node:http";
import { isIP } from "node:net";
import { type Duplex, Readable } from "node:stream";
import { type Guard, guardedLookup, refusal } from "./allowed-addresses.ts";
import type { CompanyProxy } from "./company-proxy/company-proxy.ts";

interface GuardedRequest {
  /** Default: GET. */
  method?: string;
  headers?: Record<string, string>;
  /** Default: none. A request with a body is not redirected: use `manual`. */
  body?: string;
  signal: AbortSignal;
  /**
   * `follow` takes at most five redirects, all on the same host, so that headers reach no other host.
   * Default: `follow`.
   */
  redirect?: "follow" | "manual";
}

/** A request over http or https. Rejects for addresses that the guard does not allow. */
export type GuardedFetch = (url: URL, request: GuardedRequest) => Promise<Response>;

const MAX_REDIRECTS = 5;
/** Statuses whose answers have no body; `Response` rejects one. */
const BODILESS = [101, 204, 205, 304];

/**
 * Builds a `fetch` for URLs that come from users. The addresses of a name are judged when the connection is made, so
 * that the name cannot resolve to one address for the check and to another for the connection. Where the machine has a
 * proxy, requests go through it, to addresses that were judged here.
 */
export function createGuardedFetch(allows: Guard, proxy: CompanyProxy | null): GuardedFetch {
  return async function guardedFetch(url, { redirect = "follow", ...request }) {
    let current = url;
    for (let redirects = 0; ; redirects += 1) {
      const response = await send(current, { ...request, allows, proxy });
      const location = response.headers.get("location");
      if (redirect === "manual" || location === null || !isRedirect(response.status)) return response;
      await response.body?.cancel();
      if (request.body !== undefined) throw new Error(`${url.host} redirects a request with a body`);
      if (redirects >= MAX_REDIRECTS)
        throw new Error(`${url.host} redirects more than ${MAX_REDIRECTS} times`);
      const next = new URL(location, current);
      if (next.host !== url.host) throw new Error(`${url.host} redirects to another host, ${next.host}`);
      if (url.protocol === "https:" && next.protocol !== "https:")
        throw new Error(`${url.host} redirects from https to ${next.protocol.slice(0, -1)}`);
      current = next;
    }
  };
}

async function send(
  url: URL,
  request: GuardedRequest & { allows: Guard; proxy: CompanyProxy | null },
): Promise<Response> {
  const { allows, proxy, method = "GET", headers, body, signal } = request;
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  // Node connects to literal addresses without a lookup.
  if (isIP(hostname) !== 0 && !(await allows(hostname))) throw refusal(hostname);
  const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  const options: RequestOptions = {
    ...{ method, headers: { ...headers, ...length }, signal },
    ...((await throughProxy(url, { allows, proxy, signal })) ?? {
      agent: false,
      lookup: guardedLookup(allows),
    }),
  };
  const open = await requesterOf(url);
  return new Promise((resolve, reject) => {
    const onAnswer = (message: IncomingMessage) => {
      try {
        resolve(toResponse(message));
      } catch (error) {
        // The status is outside the range of `Response`. An error thrown from here would end the process.
        message.destroy();
        reject(error);
      }
    };
    const onUpgrade = (_answer: IncomingMessage, connection: Duplex) => {
      connection.destroy();
      reject(new Error(`${url.host} switches to another protocol`));
    };
    open(url, options, onAnswer).on("upgrade", onUpgrade).on("error", reject).end(body);
  });
}

/** A connection through the proxy of the machine; null for addresses that have none. */
async function throughProxy(
  url: URL,
  { allows, proxy, signal }: { allows: Guard; proxy: CompanyProxy | null; signal: AbortSignal },
): Promise<Pick<RequestOptions, "createConnection" | "defaultPort"> | null> {
  const via = proxy?.proxyFor(url) ?? null;
  if (via === null) return null;
  const { openTunnel } = await import("./company-proxy/tunnel.ts");
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const isSecure = url.protocol === "https:";
  const defaultPort = isSecure ? 443 : 80;
  const target = { host, port: Number(url.port || defaultPort) };
  const socket = await openTunnel({ proxy: via, target, allows, signal });
  if (!isSecure) return { defaultPort, createConnection: () => socket };
  const { connect } = await import("node:tls");
  const name = isIP(host) === 0 ? { servername: host } : {};
  return { defaultPort, createConnection: () => connect({ socket, host, ...name }) };
}

/** Loads the module with the first request: most starts make none. */
async function requesterOf({ protocol }: URL): Promise<typeof import("node:http").request> {
  switch (protocol) {
    case "http:":
      return (await import("node:http")).request;
    case "https:":
      return (await import("node:https")).request;
    default:
      throw new Error(`Only http and https are fetched, not ${protocol}`);
  }
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

function toResponse(message: IncomingMessage): Response {
  const status = message.statusCode ?? 500;
  const headers = new Headers();
  for (const [name, value] of Object.entries(message.headersDistinct)) {
    for (const each of value ?? []) headers.append(name, each);
  }
  if (BODILESS.includes(status)) {
    message.resume();
    return new Response(null, { status, headers });
  }
  return new Response(Readable.toWeb(message) as ReadableStream<Uint8Array>, { status, headers });
}
