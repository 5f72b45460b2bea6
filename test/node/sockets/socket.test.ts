import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import type { Socket } from "../../../src/http/socket.ts";
import { toSocket } from "../../../src/node/sockets/socket.ts";
import { SharedFrame } from "../../../src/node/sockets/text-frame.ts";

let server: WebSocketServer;
let client: WebSocket;
let webSocket: WebSocket;
let socket: Socket;

beforeEach(async () => {
  server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await new Promise((resolve) => server.once("listening", resolve));
  const connected = new Promise<WebSocket>((resolve) => {
    server.once("connection", (accepted, { socket: connection }) => {
      socket = toSocket(accepted, connection, new SharedFrame());
      resolve(accepted);
    });
  });
  client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  webSocket = await connected;
  await new Promise((resolve) => client.once("open", resolve));
});
afterEach(() => {
  client.terminate();
  server.close();
});

it("keeps frames for a listener that is set later, and stops reading past a bound", async () => {
  const frames = Array.from({ length: 500 }, (_, index) => `${index} ${"x".repeat(10_000)}`);
  for (const frame of frames) client.send(frame);
  await expect.poll(() => webSocket.isPaused).toBe(true);
  const received: unknown[] = [];
  socket.onMessage((frame) => received.push(frame));
  await expect.poll(() => received).toEqual(frames);
});

it("hands the frames after one on to the next listener, also when that comes later", async () => {
  const received: string[] = [];
  socket.onMessage((first) => {
    received.push(`first ${first}`);
    socket.onMessage(null);
    setTimeout(() => socket.onMessage((frame) => received.push(`later ${frame}`)), 20);
  });
  for (const frame of ["a", "b", "c"]) client.send(frame);
  await expect.poll(() => received).toEqual(["first a", "later b", "later c"]);
});

it("closes at once also with more frames than it keeps, instead of by a timeout", async () => {
  client.send("x".repeat(2 * 1024 * 1024));
  await expect.poll(() => webSocket.isPaused).toBe(true);
  const closed = new Promise<number>((resolve) => client.once("close", resolve));
  socket.close(4004, "Conversation not found");
  expect(await closed).toBe(4004);
});
