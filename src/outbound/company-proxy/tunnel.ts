import { request } from "node:http";
import type { Socket } from "node:net";
import { isLoopbackAddress } from "../../loopback.ts";
import { type Guard, judgeHost, refusal } from "../allowed-addresses.ts";

/** Milliseconds until a proxy has answered. */
const CONNECT_LIMIT = 20_000;
/** Names that only the inside of a network knows. */
const INTERNAL = /^[^.]*$|\.(internal|local|localhost|localdomain|lan|home\.arpa|intranet|corp)$/;

export interface Target {
  /** Name or address, without the brackets of IPv6. */
  host: string;
  port: number;
}

export interface TunnelOptions {
  proxy: URL;
  target: Target;
  /** Judges the addresses of the target. */
  allows: Guard;
  signal?: AbortSignal;
  /** Milliseconds until the proxy has answered. Default: 20,000. */
  limit?: number;
}

/**
 * Opens a connection through a proxy, to the address that was judged: the proxy does not look the name up again. A name
 * that is not known here is left to the proxy, as in networks where it alone can look names up, unless it is one of
 * the inside.
 *
 * @throws Error for addresses that the guard does not allow, and when the proxy refuses.
 */
export async function openTunnel({
  proxy,
  target,
  allows,
  signal,
  limit = CONNECT_LIMIT,
}: TunnelOptions): Promise<Socket> {
  const host = await judgedHost(target.host, allows);
  const authority = `${host.includes(":") ? `[${host}]` : host}:${target.port}`;
  const open = proxy.protocol === "https:" ? (await import("node:https")).request : request;
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const asked = open({
    host: proxy.hostname.replace(/^\[|\]$/g, ""),
    port: Number(proxy.port || (proxy.protocol === "https:" ? 443 : 80)),
    method: "CONNECT",
    path: authority,
    headers: { host: authority, ...credentialsOf(proxy) },
    agent: false,
    ...(signal && { signal }),
  });
  // In all: a proxy that sends a little now and then would keep a time-out of silence from its end.
  const timer = setTimeout(() => asked.destroy(new Error(`the proxy ${proxy.host} does not answer`)), limit);
  asked.on("connect", (answer, socket, head) => {
    clearTimeout(timer);
    if (answer.statusCode === 200 && head.length === 0) return resolve(socket as Socket);
    socket.destroy();
    reject(new Error(`the proxy ${proxy.host} does not connect to ${target.host} (${answer.statusCode})`));
  });
  asked.on("response", (answer) => {
    answer.destroy();
    reject(new Error(`the proxy ${proxy.host} does not connect to ${target.host} (${answer.statusCode})`));
  });
  asked.on("close", () => clearTimeout(timer));
  asked.on("error", reject).end();
  return promise;
}

async function judgedHost(host: string, allows: Guard): Promise<string> {
  const verdict = await judgeHost(host, allows);
  switch (verdict.outcome) {
    case "allowed": {
      // This machine, as the proxy would understand it, is the proxy's own.
      const address = verdict.addresses.find((each) => !isLoopbackAddress(each));
      if (address === undefined) throw refusal(host);
      return address;
    }
    case "refused":
      throw refusal(host);
    case "unknown":
      if (INTERNAL.test(host.toLowerCase().replace(/\.$/, ""))) throw refusal(host);
      return host;
  }
}

function credentialsOf({ username, password }: URL): Record<string, string> {
  if (username === "" && password === "") return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { "proxy-authorization": `Basic ${Buffer.from(pair).toString("base64")}` };
}
