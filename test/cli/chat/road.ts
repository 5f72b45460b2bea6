import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A road to a server, on which things happen. */
export interface Road {
  url: string;
  /** Cuts every connection. New ones are possible. */
  cut(): void;
  /** Sockets of sessions that were asked for. */
  sessionSockets(): number;
}

/** Passes connections on to a server. `isOld`: the server seems to be one that has no session sockets. */
export async function openRoad(target: string, { isOld = false } = {}): Promise<Road> {
  const { hostname, port } = new URL(target);
  const open = new Set<Socket>();
  let sessions = 0;
  const keep = (socket: Socket) => {
    open.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => open.delete(socket));
  };
  const road = createServer((near) => {
    keep(near);
    near.once("data", (first) => {
      const isSession = first.includes("GET /sockets/session");
      if (isSession) sessions += 1;
      if (isSession && isOld) {
        near.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
        return;
      }
      const far = connect(Number(port), hostname);
      keep(far);
      far.write(first);
      near.pipe(far).pipe(near);
    });
  });
  road.listen(0, "127.0.0.1");
  await once(road, "listening");
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  onTestFinished(() => {
    cut();
    road.close();
  });
  const { port: own } = road.address() as { port: number };
  return { url: `http://127.0.0.1:${own}`, cut, sessionSockets: () => sessions };
}
