/**
 * For `--import` before a command: a network that refuses everything but this machine. Each address that is asked for
 * is appended to the file that OUTSIDE_REQUESTS names.
 */
import { createSocket, Socket as UdpSocket } from "node:dgram";
import dns from "node:dns";
import { appendFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { Socket } from "node:net";

const { OUTSIDE_REQUESTS = "" } = process.env;

function isHere(host: unknown): boolean {
  return host === undefined || /^(localhost|127(\.\d+){3}|::1|\/.*|)$/.test(String(host));
}

function refuse(way: string, host: unknown): Error {
  appendFileSync(OUTSIDE_REQUESTS, `${way} ${String(host)}\n`);
  return Object.assign(new Error(`the network refuses ${String(host)}`), { code: "ECONNREFUSED" });
}

const connect = Socket.prototype.connect;
Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
  const [first] = args.flat() as [unknown];
  const options =
    typeof first === "object" && first !== null ? (first as { host?: string; path?: string }) : {};
  const host = options.path === undefined ? (options.host ?? (args.flat() as unknown[])[1]) : undefined;
  if (isHere(typeof host === "function" ? undefined : host)) return Reflect.apply(connect, this, args);
  const error = refuse("connect", host);
  process.nextTick(() => this.destroy(error));
  return this;
} as typeof connect;

const lookup = dns.lookup;
dns.lookup = ((host: string, ...rest: unknown[]) => {
  if (isHere(host)) return Reflect.apply(lookup, dns, [host, ...rest]);
  const done = rest.at(-1) as (error: Error) => void;
  process.nextTick(() => done(refuse("lookup", host)));
}) as typeof lookup;
dns.promises.lookup = (async (host: string) => {
  if (isHere(host)) return { address: "127.0.0.1", family: 4 };
  throw refuse("lookup", host);
}) as unknown as typeof dns.promises.lookup;

UdpSocket.prototype.send = ((...args: unknown[]) => {
  throw refuse("datagram", args.slice(1).join());
}) as never;
void createSocket;
syncBuiltinESMExports();
