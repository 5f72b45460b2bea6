import type { Registry } from "prom-client";
import type { Observer, SocketBegun } from "../../observing/observer.ts";
import { boundedLabel, OTHER } from "../bounded-label.ts";
import type { PromClient } from "./load-client.ts";
import { secondsSince } from "./seconds-since.ts";

const BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Methods of the server's routes, and a few more that clients may try. */
const MAX_METHODS = 12;

/** Measures requests and sockets. */
export function httpFigures(client: PromClient, registry: Registry): Pick<Observer, "request" | "socket"> {
  const { Counter, Histogram } = client;
  const registers = [registry];
  const requests = new Counter({
    name: "agent_server_http_requests_total",
    help: "Requests answered, upgrades included, by route template and status",
    labelNames: ["method", "route", "status"],
    registers,
  });
  const duration = new Histogram({
    name: "agent_server_http_request_duration_seconds",
    help: "Time from a request to the beginning of its answer",
    labelNames: ["method", "route"],
    buckets: BUCKETS,
    registers,
  });
  const method = boundedLabel(MAX_METHODS);
  return {
    request(begun) {
      const began = performance.now();
      return {
        ended({ status }) {
          const labels = { method: method(begun.method), route: begun.route ?? OTHER };
          requests.inc({ ...labels, status });
          duration.observe(labels, secondsSince(began));
        },
      };
    },
    ...socketFigures(client, registers),
  };
}

function socketFigures({ Counter, Gauge }: PromClient, registers: Registry[]): Pick<Observer, "socket"> {
  const open = new Set<SocketBegun>();
  const closed = new Counter({
    name: "agent_server_sockets_closed_total",
    help: "Sockets closed, by route template and code; 1013 are those whose client was too slow",
    labelNames: ["route", "code"],
    registers,
  });
  const code = boundedLabel(30);
  new Gauge({
    name: "agent_server_sockets_open",
    help: "Open sockets, by route template",
    labelNames: ["route"],
    registers,
    collect() {
      this.reset();
      for (const { route } of open) this.inc({ route });
    },
  });
  new Gauge({
    name: "agent_server_socket_lag_bytes",
    help: "Bytes that wait for the clients of all open sockets",
    registers,
    collect() {
      this.set([...open].reduce((sum, socket) => sum + socket.bufferedBytes(), 0));
    },
  });
  return {
    socket(begun) {
      open.add(begun);
      return {
        ended(end) {
          open.delete(begun);
          closed.inc({ route: begun.route, code: code(String(end.code)) });
        },
      };
    },
  };
}
