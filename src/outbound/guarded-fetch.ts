import { lookup } from "node:dns";
import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { type Duplex, Readable } from "node:stream";

interface GuardedRequest {
  headers?: Record<string, string>;
  signal: AbortSignal;
  /** Default: "follow", up to five times and only on the same host, so that headers go nowhere else. */
  redirect?: "follow" | "manual";
}

export type GuardedFetch = (url: URL, request: GuardedRequest) => Promise<Response>;

const MAX_REDIRECTS = 5;
/** Statuses whose answers have no body by definition; `Response` refuses one. */
const BODILESS = [101, 204, 205, 304];

/**
 * GET for addresses that somebody else has named. Every address a name stands for is judged in the moment of the
 * connection, so that a name cannot stand for one address when it is looked at and for another when it is used.
 */
export function createGuardedFetch(allows: (address: string) => boolean): GuardedFetch {
  return async function guardedFetch(url, { redirect = "follow", ...request }) {
    let current = url;
    for (let redirects = 0; ; redirects += 1) {
      const response = await get(current, { ...request, allows });
      const location = response.headers.get("location");
      if (redirect === "manual" || location === null || !isRedirect(response.status)) return response;
      await response.body?.cancel();
      if (redirects >= MAX_REDIRECTS)
        throw new Error(`${url.host} redirects more than ${MAX_REDIRECTS} times`);
      const next = new URL(location, current);
      if (next.host !== url.host) throw new Error(`${url.host} redirects to another host, ${next.host}`);
      if (url.protocol === "https:" && next.protocol !== "https:")
        throw new Error(`${url.host} gives up https`);
      current = next;
    }
  };
}

function get(url: URL, request: GuardedRequest & { allows(address: string): boolean }): Promise<Response> {
  const { allows, headers, signal } = request;
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  // Literal addresses are connected to without being looked up.
  if (isIP(hostname) !== 0 && !allows(hostname)) return Promise.reject(refusal(hostname));
  const options: RequestOptions = { headers, signal, agent: false, lookup: guardedLookup(allows) };
  return new Promise((resolve, reject) => {
    const onAnswer = (message: IncomingMessage) => {
      try {
        resolve(toResponse(message));
      } catch (error) {
        // A status no Response can have. Thrown from here it would end the process.
        message.destroy();
        reject(error);
      }
    };
    const onUpgrade = (_answer: IncomingMessage, connection: Duplex) => {
      connection.destroy();
      reject(new Error(`${url.host} switches to another protocol`));
    };
    requesterOf(url)(url, options, onAnswer).on("upgrade", onUpgrade).on("error", reject).end();
  });
}

function requesterOf({ protocol }: URL): typeof httpRequest {
  switch (protocol) {
    case "http:":
      return httpRequest;
    case "https:":
      return httpsRequest;
    default:
      throw new Error(`Only http and https are fetched, not ${protocol}`);
  }
}

function guardedLookup(allows: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, "", 0);
      const [first, ...others] = found.filter(({ address }) => allows(address));
      if (first === undefined) callback(refusal(hostname), "", 0);
      else if (options.all) callback(null, [first, ...others]);
      else callback(null, first.address, first.family);
    });
  };
}

function refusal(host: string): Error {
  return new Error(`${host} is an address that this server does not open on behalf of others`);
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
