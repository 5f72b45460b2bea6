import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { createServer, memoryStore } from "agent-server";
import { expect, it } from "vitest";
import { WebSocket } from "ws";

const PATH = `/sockets/events/${crypto.randomUUID()}`;

async function open(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url.replace("http", "ws") + PATH);
  socket.on("error", () => {});
  await once(socket, "open");
  return socket;
}

it("who has shown no key fills no memory with a first message, whole or in pieces", async () => {
  await using server = createServer({ store: memoryStore(), apiKeys: ["key"], logger: "silent" });
  const { url } = await server.listen(0);
  const whole = await open(url);
  whole.send("x".repeat(1024 * 1024));
  expect((await once(whole, "close"))[0]).toBe(1006);

  const pieces = await open(url);
  const closed = once(pieces, "close");
  for (let piece = 0; piece < 100; piece += 1) pieces.send("x".repeat(1024), { fin: false });
  expect((await closed)[0]).toBe(1006);
});

it("who has shown one may send more", async () => {
  await using server = createServer({ store: memoryStore(), apiKeys: ["key"], logger: "silent" });
  const { url } = await server.listen(0);
  const socket = await open(url);
  socket.send(JSON.stringify({ type: "auth", session_api_key: "key" }));
  socket.send("x".repeat(1024 * 1024));
  // There is no such conversation, which is told to those with a key only.
  expect((await once(socket, "close"))[0]).toBe(4004);
});

it.each([
  ["a foreign host", "Host: evil.example\r\nOrigin: http://evil.example"],
  ["a foreign page", "Host: 127.0.0.1\r\nOrigin: https://evil.example"],
  ["a page of no origin", "Host: 127.0.0.1\r\nOrigin: null"],
  ["two hosts", "Host: evil.example\r\nHost: 127.0.0.1"],
])("without keys, no socket opens to %s, and no page is answered past the check", async (_who, headers) => {
  await using server = createServer({
    keyless: "loopback",
    store: memoryStore(),
    environment: {},
    logger: "silent",
  });
  const { port } = await server.listen(0);
  const upgrade =
    `GET ${PATH} HTTP/1.1\r\n${headers}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  const change = `POST /api/conversations HTTP/1.1\r\n${headers}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
  for (const request of [upgrade, change])
    expect(await statusOf(port, request)).toMatch(/^HTTP\/1\.1 40[03] /);
});

async function statusOf(port: number, request: string): Promise<string> {
  const connection = connectTcp(port, "127.0.0.1");
  connection.write(request);
  const [data] = await once(connection, "data");
  connection.destroy();
  return String(data).split("\r\n")[0] ?? "";
}
