import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { postgresStore } from "../../../src/stores/postgres.ts";
import { sqliteStore } from "../../../src/stores/sqlite.ts";
import type { Store, StoredEvent } from "../../../src/stores/store.ts";
import { createPlace, startServer, stopServer, urlOf } from "../../postgres/postgres-server.ts";
import type { Figure } from "../figure.ts";
import { median, quantile, range, rounded } from "../statistics.ts";

const CONVERSATIONS = [1, 16, 64];
const ROUNDS = 3;
/** Milliseconds of one round. */
const ROUND = 2_000;

interface Times {
  p50: number;
  p99: number;
  rate: number;
}

/** Events of 1 kB, each after the one before in its conversation, in Postgres and in SQLite in turn. Both wait for the disk. */
export const appends: Figure = {
  name: "appends",
  bar: "p50 at 16 conversations <= 2 x SQLite",
  reference: false,
  async measure({ folder }) {
    // The folder of the run is for this user alone, and Postgres may run as another.
    const place = await mkdtemp(join(tmpdir(), "agent-server-bench-postgres-"));
    const server = await createPlace(place, { isDurable: true });
    await startServer(server);
    const postgres = postgresStore({ connectionString: urlOf(server) });
    const sqlite = sqliteStore({ path: join(folder, "bench.db") });
    try {
      const rows = [];
      for (const conversations of CONVERSATIONS) {
        const [there, here]: [Times[], Times[]] = [[], []];
        for (const _ of range(ROUNDS)) {
          there.push(await round(postgres, conversations));
          here.push(await round(sqlite, conversations));
        }
        rows.push({ conversations, postgres: middle(there), sqlite: middle(here) });
      }
      const at16 = rows.find(({ conversations }) => conversations === 16);
      return {
        shown: rows.map(shown).join("; "),
        good: at16 === undefined ? null : at16.postgres.p50 <= 2 * at16.sqlite.p50,
        values: Object.assign({}, ...rows.map(values)) as Record<string, number>,
      };
    } finally {
      await Promise.all([postgres.close(), sqlite.close()]);
      await stopServer(server, "fast");
      await rm(place, { recursive: true, force: true });
    }
  },
};

type Row = { conversations: number; postgres: Times; sqlite: Times };

async function round(store: Store, conversations: number): Promise<Times> {
  const times: number[] = [];
  const end = performance.now() + ROUND;
  await Promise.all(
    range(conversations).map(async () => {
      const conversationId = crypto.randomUUID();
      await store.commit({ conversationId, create: HEADER });
      for (let seq = 0; performance.now() < end; seq += 1) {
        const started = performance.now();
        await store.commit({ conversationId, update: { updatedAt: now() }, events: [event(seq)] });
        times.push(performance.now() - started);
      }
    }),
  );
  return { p50: median(times), p99: quantile(times, 0.99), rate: (times.length * 1_000) / ROUND };
}

function middle(rounds: readonly Times[]): Times {
  const of = (name: keyof Times) => median(rounds.map((times) => times[name]));
  return { p50: of("p50"), p99: of("p99"), rate: of("rate") };
}

function shown({ conversations, postgres, sqlite }: Row): string {
  const text = ({ p50, p99, rate }: Times) => `${p50.toFixed(1)}/${p99.toFixed(0)} ms, ${rate.toFixed(0)}/s`;
  return `${conversations}: ${text(postgres)} (SQLite ${text(sqlite)})`;
}

function values({ conversations, postgres, sqlite }: Row): Record<string, number> {
  return {
    [`postgres_${conversations}_p50_ms`]: rounded(postgres.p50),
    [`postgres_${conversations}_p99_ms`]: rounded(postgres.p99),
    [`postgres_${conversations}_per_s`]: rounded(postgres.rate),
    [`sqlite_${conversations}_p50_ms`]: rounded(sqlite.p50),
    [`sqlite_${conversations}_p99_ms`]: rounded(sqlite.p99),
    [`sqlite_${conversations}_per_s`]: rounded(sqlite.rate),
  };
}

const TIME = "2026-01-01T00:00:00.000000Z";

const HEADER = {
  ...({ createdAt: TIME, updatedAt: TIME, status: "running", title: null, parentId: null } as const),
  ...{ createdBy: null, leafEventId: null },
};

function event(seq: number): StoredEvent {
  const id = crypto.randomUUID();
  const json = JSON.stringify({ id, kind: "ActionEvent", source: "agent", text: "e".repeat(900) });
  return { seq, id, kind: "ActionEvent", source: "agent", timestamp: now(), body: null, json };
}

/** Lists are sorted by this time, so that each append moves its conversation in them. */
function now(): string {
  return new Date().toISOString().replace("Z", "000Z");
}
