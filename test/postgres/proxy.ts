import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A way to a database that can fail as networks do. */
export interface FailingWay {
  /** The URL of the database by this way. */
  readonly connectionString: string;
  /** Number of connections that were opened so far. */
  readonly connections: number;
  /** Ends all connections. */
  cut(): void;
  /** Carries nothing in any direction, as a process that is stopped; new connections are not answered. */
  stop(): void;
  /** Carries statements and no answers. */
  loseAnswers(): void;
  /** Carries everything again, what was held back too. */
  resume(): void;
  close(): Promise<void>;
}

interface Pair {
  client: Socket;
  server: Socket;
}

/** Opens a way to the database of a URL. */
export async function openProxy(url: string): Promise<FailingWay> {
  const target = new URL(url);
  const { hostname, port } = target;
  const pairs = new Set<Pair>();
  let connections = 0;
  let held: "nothing" | "answers" | "all" = "nothing";
  const hold = ({ client, server }: Pair) => {
    if (held === "all") client.pause();
    else client.resume();
    if (held === "nothing") server.resume();
    else server.pause();
  };
  const listener = createServer((client) => {
    const server = connect(Number(port), hostname);
    const pair = { client, server };
    pairs.add(pair);
    connections += 1;
    const end = () => {
      client.destroy();
      server.destroy();
      pairs.delete(pair);
    };
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on("data", (data) => to.write(data));
      from.on("error", end);
      from.on("close", end);
    }
    hold(pair);
  });
  target.host = `127.0.0.1:${await listen(listener)}`;
  const set = (next: typeof held) => {
    held = next;
    for (const pair of pairs) hold(pair);
  };
  const cut = () => {
    for (const { client, server } of pairs) {
      client.destroy();
      server.destroy();
    }
  };
  return {
    connectionString: target.href,
    get connections() {
      return connections;
    },
    cut,
    stop: () => set("all"),
    loseAnswers: () => set("answers"),
    resume: () => set("nothing"),
    close: async () => {
      cut();
      listener.close();
      await once(listener, "close");
    },
  };
}

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
