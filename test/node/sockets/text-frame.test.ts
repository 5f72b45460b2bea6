import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { SharedFrame, textFrame } from "../../../src/node/sockets/text-frame.ts";

describe("a text frame", () => {
  let server: WebSocketServer;
  let client: WebSocket;
  beforeAll(async () => {
    server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await once(server, "listening");
    const accepted = once(server, "connection");
    client = new WebSocket(`ws://127.0.0.1:${(server.address() as { port: number }).port}`);
    await Promise.all([accepted, once(client, "open")]);
  });
  afterAll(() => {
    client.terminate();
    server.close();
  });

  test.each([0, 1, 125, 126, 127, 65_535, 65_536, 200_000])(
    "of %i bytes reads as it was written",
    async (length) => {
      expect(await sent(textFrame("a".repeat(length)))).toBe("a".repeat(length));
    },
  );

  test("counts bytes, not characters", async () => {
    const text = "ü€🙂".repeat(20);
    expect(await sent(textFrame(text))).toBe(text);
  });

  test("is made once for the same text, and anew for another", () => {
    const frames = new SharedFrame();
    const first = frames.of("one");
    expect(frames.of("one")).toBe(first);
    expect(frames.of("two")).toEqual(textFrame("two"));
    expect(frames.of("one")).toEqual(first);
  });

  /** What the client makes of bytes written below the server's side of its socket. */
  async function sent(frame: Buffer): Promise<string> {
    const message = once(client, "message");
    const [socket] = server.clients;
    (socket as unknown as { _socket: NodeJS.WritableStream })._socket.write(frame);
    const [data, isBinary] = await message;
    expect(isBinary).toBe(false);
    return String(data);
  }
});
