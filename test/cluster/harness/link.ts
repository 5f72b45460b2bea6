import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A stretch of network between a node and what it needs, which can be made to fail. */
export interface Link {
  /** Its near end, on loopback. */
  port: number;
  /** Carries nothing from now on, in either direction, and keeps what it is given. */
  freeze(): void;
  /** Breaks all connections and refuses new ones. */
  cut(): void;
  /** Carries again, after a freeze also what was held back. */
  mend(): void;
  close(): Promise<void>;
}

/** The port itself, with nothing in between that could fail, or take time. */
export function directLink(port: number): Link {
  const refuse = () => {
    throw new Error("a direct link cannot be made to fail");
  };
  return { port, freeze: refuse, cut: refuse, mend: refuse, close: async () => {} };
}

/** Opens a link to a port of this machine. */
export async function openLink(target: number): Promise<Link> {
  const sockets = new Set<Socket>();
  let state: "whole" | "frozen" | "cut" = "whole";
  const server = createServer({ pauseOnConnect: true }, (near) => {
    if (state === "cut") return void near.destroy();
    const far = connect(target, "127.0.0.1");
    far.pause();
    join(near, far);
  });

  function join(near: Socket, far: Socket): void {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on("data", (data) => {
        // Bounded by what both ends send while the link stands still.
        to.write(data);
      });
      from.on("end", () => to.end());
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      if (state === "whole") from.resume();
    }
  }

  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    freeze: () => {
      state = "frozen";
      for (const socket of sockets) socket.pause();
    },
    cut: () => {
      state = "cut";
      for (const socket of sockets) socket.destroy();
    },
    mend: () => {
      state = "whole";
      for (const socket of sockets) socket.resume();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
