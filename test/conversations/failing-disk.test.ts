import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call, say } from "agent-server/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AgentServerError } from "../../src/errors.ts";
import { Database, databaseFailed } from "../../src/stores/sqlite/database.ts";
import { SqliteStore } from "../../src/stores/sqlite.ts";
import { attach, logOf, openManager, send, start, until } from "./open-manager.ts";

type Fault = "sync" | "sync and rewrite" | "write";

/** A database whose disk fails from one step on, until it is mended. */
class FailingDatabase extends Database {
  readonly #code: "EIO" | "ENOSPC";
  readonly #fault: Fault;
  #stepsLeft: number;
  #isMended = false;

  constructor(path: string, options: { code: "EIO" | "ENOSPC"; fault: Fault; at: number }) {
    super(path);
    this.#code = options.code;
    this.#fault = options.fault;
    this.#stepsLeft = options.at;
  }

  get hasFailed(): boolean {
    return this.#stepsLeft <= 0;
  }

  mend(): void {
    this.#isMended = true;
  }

  override async sync(): Promise<void> {
    if (this.#fault !== "write" && this.#fails()) throw this.#error();
    return super.sync();
  }

  override rewrite(): void {
    if (this.#fault === "sync and rewrite" && !this.#isMended) throw databaseFailed(this.#error());
    super.rewrite();
  }

  override transaction<T>(work: () => T): T {
    return super.transaction(() => {
      const result = work();
      if (this.#fault === "write" && this.#fails()) throw databaseFailed(this.#error());
      return result;
    });
  }

  #fails(): boolean {
    if (this.#isMended) return false;
    this.#stepsLeft -= 1;
    return this.hasFailed;
  }

  #error(): Error {
    return Object.assign(new Error(`${this.#code}: injected`), { code: this.#code });
  }
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "failing-disk-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const STEPS = [1, 2, 3, 4, 5, 6, 7, 8];
const cases = (["sync", "sync and rewrite", "write"] as const).flatMap((fault) =>
  (["EIO", "ENOSPC"] as const).flatMap((code) => STEPS.map((at) => ({ fault, code, at }))),
);

describe("a disk that fails for a time", () => {
  it.each(cases)("$code at $fault, from step $at: it answers 503 and goes on by itself", async (options) => {
    const database = new FailingDatabase(join(folder, "server.db"), options);
    const store = new SqliteStore(database, true);
    const { manager } = openManager({
      store,
      steps: ({ messages }: { messages: readonly { role: string }[] }) =>
        messages.at(-1)?.role === "user" ? call("echo", { text: "one" }) : say("Done."),
    });
    const refused: unknown[] = [];
    const attempt = async (work: () => Promise<unknown>) => {
      await work().catch((error: unknown) => refused.push(error));
    };
    let id: string | undefined;
    await attempt(async () => {
      id = await start(manager);
    });
    const socket = id === undefined ? undefined : await attach(manager, id);
    await attempt(async () => id && send(manager, id, "first"));
    await until(async () => database.hasFailed || (await isAtRest(store, id)));
    // Meanwhile requests are refused, or work; nothing hangs.
    await attempt(async () => id && send(manager, id, "second", false));
    await new Promise((resolve) => setTimeout(resolve, 30));
    database.mend();

    for (const error of refused) {
      expect(AgentServerError.is(error) && error.status, String(error)).toBe(503);
    }
    id ??= await start(manager);
    await until(() => isAtRest(store, id));
    const accepted = id;
    await until(() =>
      send(manager, accepted, "last").then(
        () => true,
        () => false,
      ),
    );
    await until(async () => (await manager.get(accepted)).execution_status === "finished");
    const log = await logOf(manager, accepted);
    expect(JSON.stringify(log)).toContain("last");
    expect(openCalls(log)).toEqual([]);
    if (refused.length > 0 && socket !== undefined) {
      expect(socket.frames.join()).toContain("StoreUnavailable");
    }
    await expectStored(log, { store, id: accepted, path: join(folder, "server.db"), manager });
  });
});

async function isAtRest(store: SqliteStore, id: string | undefined): Promise<boolean> {
  if (id === undefined) return true;
  const records = await store.conversations.find([id], []).catch(() => undefined);
  return records !== undefined && records[0]?.status !== "running";
}

function openCalls(log: readonly Record<string, unknown>[]): unknown[] {
  const isAction = ({ kind }: Record<string, unknown>) => kind === "ActionEvent";
  const answered = new Set(log.filter((event) => !isAction(event)).map((event) => event.tool_call_id));
  return log.filter((event) => isAction(event) && !answered.has(event.tool_call_id));
}

/** What was shown is what a new process finds. */
async function expectStored(
  log: readonly { id: string }[],
  {
    store,
    manager,
    id,
    path,
  }: { store: SqliteStore; manager: ReturnType<typeof openManager>["manager"]; id: string; path: string },
): Promise<void> {
  await manager.close();
  await store.close();
  const again = new SqliteStore(new Database(path), true);
  const stored = await again.events.search(id, { order: "asc", limit: 1_000 });
  expect(stored.map((row) => row.id).slice(0, log.length)).toEqual(log.map((event) => event.id));
  expect(stored.map((row) => row.seq)).toEqual(stored.map((_, index) => index));
  await again.close();
}
