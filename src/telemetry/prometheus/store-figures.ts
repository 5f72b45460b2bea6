import type { Registry } from "prom-client";
import type { Observer } from "../../observing/observer.ts";
import type { PromClient } from "./load-client.ts";
import { secondsSince } from "./seconds-since.ts";

const BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2];

/** Measures what is stored of conversations. */
export function storeFigures(
  { Counter, Gauge, Histogram }: PromClient,
  registry: Registry,
): Pick<Observer, "commit" | "sync"> {
  const registers = [registry];
  const commits = new Histogram({
    name: "agent_server_store_commit_duration_seconds",
    help: "Time until changes of conversations were stored",
    ...{ buckets: BUCKETS, registers },
  });
  const failures = new Counter({
    name: "agent_server_store_commit_errors_total",
    help: "Changes of conversations that the store has refused, or that failed",
    registers,
  });
  const events = new Counter({
    name: "agent_server_store_events_total",
    help: "Events stored",
    registers,
  });
  const last = new Gauge({
    name: "agent_server_store_last_commit_timestamp_seconds",
    help: "Moment of the last change that was stored; left out before the first",
    registers,
  });
  // A moment in 1970 would look as if nothing had been stored for decades.
  last.remove();
  const syncs = new Histogram({
    name: "agent_server_store_sync_duration_seconds",
    help: "Time of each wait of SQLite for the disk, which many changes may share",
    ...{ buckets: BUCKETS, registers },
  });
  return {
    commit(begun) {
      const began = performance.now();
      return {
        ended() {
          commits.observe(secondsSince(began));
          events.inc(begun.events);
          last.setToCurrentTime();
        },
        failed: () => failures.inc(),
      };
    },
    sync() {
      const began = performance.now();
      const end = () => syncs.observe(secondsSince(began));
      return { ended: end, failed: end };
    },
  };
}
