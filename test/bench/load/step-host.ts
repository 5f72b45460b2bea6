/**
 * A process: our built server and a scripted model in it, so that a step costs nothing but the server. Argument: the
 * folder of the build. Each question runs one conversation, over a new store, whose every step calls a tool that does
 * nothing.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import type * as AgentServer from "../../../src/index.ts";
import { answerBench } from "../child.ts";
import { median } from "../statistics.ts";
import { gaps } from "./model.ts";
import { scriptedReply } from "./scripted-reply.ts";

/** Steps before the first that counts. */
const WARM_UP = 300;

/** Milliseconds of each wait for the disk. */
const syncs: number[] = [];
const { fdatasync } = fs;
const timed = (file: number, done: fs.NoParamCallback) => {
  const started = performance.now();
  fdatasync(file, (error) => {
    syncs.push(performance.now() - started);
    done(error);
  });
};
Object.assign(fs, { fdatasync: timed });
syncBuiltinESMExports();

const [dist = ""] = process.argv.slice(2);
const { createServer, memoryStore, sqliteStore } = (await import(
  join(dist, "index.js")
)) as typeof AgentServer;

answerBench(async ({ store, steps, folder }) => {
  const total = WARM_UP + Number(steps);
  const asked: number[] = [];
  let syncsBefore = 0;
  let processorBefore = process.cpuUsage();
  const finished = Promise.withResolvers<number>();
  const complete = async () => {
    asked.push(performance.now());
    if (asked.length === WARM_UP) {
      syncsBefore = syncs.length;
      processorBefore = process.cpuUsage();
    }
    if (asked.length === total) {
      const { user, system } = process.cpuUsage(processorBefore);
      finished.resolve((user + system) / 1_000);
    }
    return scriptedReply(asked.length, total);
  };
  const server = createServer({
    keyless: "loopback",
    logger: "silent",
    conversationsPath: join(String(folder), "conversations"),
    store: openStore(String(store), String(folder)),
    createLlm: () => ({ complete }),
  });
  const { conversation } = await server.conversations.create({
    autotitle: false,
    max_iterations: total,
    agent: { llm: { model: "scripted" }, tools: [] },
    workspace: { working_dir: String(folder) },
  });
  await conversation.sendMessage("Go on.");
  const processor = await finished.promise;
  const waits = syncs.slice(syncsBefore);
  await server.close();
  return {
    stepMs: median(gaps(asked.slice(WARM_UP))),
    processorMs: processor / Number(steps),
    syncs: waits.length / Number(steps),
    syncMs: waits.length === 0 ? 0 : median(waits),
  };
});

function openStore(kind: string, folder: string): AgentServer.Store {
  if (kind === "memory") return memoryStore();
  return sqliteStore({ path: join(folder, `${kind}.db`), durability: kind === "disk" ? "disk" : "process" });
}
