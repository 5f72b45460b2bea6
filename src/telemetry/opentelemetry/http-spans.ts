import { type Context, SpanKind } from "@opentelemetry/api";
import type { OutgoingBegun, OutgoingEnded, RequestBegun, RequestEnded } from "../../observing/observer.ts";
import type { SpanBegun } from "./spans.ts";

/** Other methods, which clients may make up, have one name together. */
const METHODS: ReadonlySet<string> = new Set([
  ..."CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT QUERY TRACE".split(" "),
]);

/** A request to this server. Its path may name files and its query may hold a key, so both are left out. */
export function requestSpan(
  { method, route, peerAddress, requestId }: RequestBegun,
  parent: Context,
): SpanBegun<RequestEnded> {
  const isKnown = METHODS.has(method);
  return {
    name: [isKnown ? method : "HTTP", route].filter((part) => part !== undefined).join(" "),
    kind: SpanKind.SERVER,
    parent,
    attributes: {
      "http.request.method": isKnown ? method : "_OTHER",
      ...(route !== undefined && { "http.route": route }),
      ...(peerAddress && { "client.address": peerAddress }),
      "agent_server.request_id": requestId,
    },
    ended: ({ status, principalId }) => ({
      attributes: {
        "http.response.status_code": status,
        ...(principalId !== undefined && { "user.id": principalId }),
      },
      ...(status >= 500 && { error: String(status) }),
    }),
  };
}

/** A request to another server. Its address is left out but for the host: it may hold a key. */
export function outgoingSpan({ to, method, url }: OutgoingBegun): SpanBegun<OutgoingEnded> {
  const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  return {
    name: method,
    kind: SpanKind.CLIENT,
    attributes: {
      "http.request.method": method,
      "server.address": url.hostname,
      "server.port": port,
      "agent_server.outgoing.to": to,
    },
    ended: ({ status }) => ({
      ...(status !== undefined && { attributes: { "http.response.status_code": status } }),
      ...((status === undefined || status >= 400) && { error: String(status ?? "no_answer") }),
    }),
  };
}
