/** A process: what `ws` alone makes of the same frames: written as JSON once, sent to every socket. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate } from "node:timers/promises";
import { type WebSocket, WebSocketServer } from "ws";
import { answerBench } from "../../child.ts";

const sockets = new Set<WebSocket>();
const httpServer = createServer();
new WebSocketServer({ server: httpServer }).on("connection", (socket) => {
  sockets.add(socket);
  socket.on("close", () => sockets.delete(socket));
  socket.on("error", () => {});
  socket.send("{}");
});

httpServer.listen(0, "127.0.0.1", () => {
  answerBench(async ({ frames }) => {
    if (typeof frames !== "number") return `http://127.0.0.1:${(httpServer.address() as AddressInfo).port}`;
    for (let index = 0; index < frames; index++) {
      publish();
      await setImmediate();
    }
  });
});

function publish(): void {
  const text = JSON.stringify({
    id: crypto.randomUUID(),
    timestamp: new Date().toISOString(),
    source: "agent",
    content: "d".repeat(1_200),
    kind: "StreamingDeltaEvent",
  });
  for (const socket of sockets) socket.send(text);
}
