import { createServer } from "node:http";
import { connect as connectTcp } from "node:net";
import { agentServer } from "agent-server/express";
import express from "express";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { send } from "./client.ts";
import { HOSTS, open, type RunningHost } from "./hosts.ts";
import { createProbeServer, KEYS, type ProbeServer } from "./probe-server.ts";

const SOCKET = `/sockets/echo/a?session_api_key=${KEYS[0]}`;

let probe: ProbeServer;
let running: RunningHost;
afterEach(async () => {
  running.httpServer?.closeAllConnections();
  await running.close();
  await probe.server.close();
});

/** Sends an upgrade right behind a request that is not answered yet. Resolves to what came back before the end. */
async function pipeline(upgrade: string[]): Promise<string> {
  const { port, pathname } = new URL(running.url);
  const path = pathname === "/" ? "" : pathname;
  const tcp = connectTcp(Number(port), "127.0.0.1");
  let received = "";
  tcp.on("data", (chunk) => {
    received += chunk;
  });
  tcp.on("error", () => {});
  const closed = new Promise((resolve) => tcp.once("close", resolve));
  const stream = [`GET ${path}/probe/stream HTTP/1.1`, "Host: localhost", ""];
  const socket = [`GET ${path}${SOCKET} HTTP/1.1`, "Host: localhost", ...upgrade, "", ""];
  tcp.write([...stream, ...socket].join("\r\n"));
  const release = setTimeout(() => probe.seen.release(), 300);
  await closed;
  clearTimeout(release);
  return received;
}

const WEB_SOCKET = [
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];
const HTTP_2 = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"];

async function expectRefused(upgrade: string[]): Promise<void> {
  expect(await pipeline(upgrade)).not.toContain("101 Switching");
  expect(probe.seen.sockets.size).toBe(0);
  expect((await send(`${running.url}/probe/where`)).status).toBe(200);
}

describe("an upgrade behind a request that has no answer yet opens no socket and ends the connection", () => {
  it.each(HOSTS.filter(({ secure }) => secure !== true))("$name", async (host) => {
    probe = createProbeServer();
    running = await host.start(probe.server);
    await expectRefused(WEB_SOCKET);
  });

  it.each([
    ["of a WebSocket", WEB_SOCKET],
    ["of HTTP/2", [...HTTP_2, "Connection: close"]],
  ])("Express beside another user of sockets, %s", async (_name, upgrade) => {
    probe = createProbeServer();
    const httpServer = createServer(express().use(agentServer(probe.server)));
    const others = new WebSocketServer({ server: httpServer, path: "/chat" });
    running = await open(httpServer);
    await send(`${running.url}/probe/where`);
    await expectRefused(upgrade);
    others.close();
  });
});
