import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type Store } from "agent-server";
import { postgresStore } from "agent-server/postgres";
import { say, scriptedLlm } from "agent-server/testing";
import { expect, it, onTestFinished } from "vitest";
import type { Frame } from "../../../src/stores/frame-relay.ts";
import { sharedRelay } from "../../../src/stores/relay/shared-relay.ts";
import { A, creation, event, range } from "../../../src/testing/store-contract/sample-log.ts";
import { dropSchema, newSchema } from "../../postgres/test-postgres.ts";
import { FaultyNetwork } from "../../stores/relay/faulty-feed.ts";
import { jsonOf, startNode, type TestNode } from "../forwarding/nodes.ts";
import { watchAt } from "./watchers.ts";

const PATIENT = { timeout: 60_000, interval: 20 };

/** Stores of two processes, so to speak, over one database. */
async function twoStores(): Promise<[Store, Store]> {
  const place = await newSchema();
  onTestFinished(() => dropSchema(place));
  return [postgresStore(place), postgresStore(place)];
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "agent-server-feed-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const message = { role: "user", content: [{ type: "text", text: "Go." }], run: true };

async function runAt(node: TestNode, id: string): Promise<void> {
  await expect
    .poll(async () => (await node.post(`/api/conversations/${id}/events`, message)).status, PATIENT)
    .toBe(200);
  const status = async () => (await jsonOf(await node.call(`/api/conversations/${id}`))).execution_status;
  await expect.poll(status, PATIENT).toBe("finished");
}

it("two relays over Postgres show each event once and in order, whatever the feed between them does", async () => {
  const [first, second] = await twoStores();
  onTestFinished(async () => {
    await Promise.all([first.close(), second.close()]);
  });
  const network = new FaultyNetwork(11, { loss: 0.3, repetition: 0.3, delay: 0.3 });
  const writer = sharedRelay({ store: first, feed: network.feed() });
  const reader = sharedRelay({ store: second, feed: network.feed() });
  await first.commit(creation(A));
  const shown: Frame[] = [];
  const following = reader.follow(A, (frame) => shown.push(frame));
  await following.begun;
  for (const seq of range(60)) {
    const { json } = event(seq);
    await first.commit({ conversationId: A, events: [event(seq)] });
    writer.publish(A, { kind: "event", seq, text: json });
  }
  await expect.poll(() => shown.length, PATIENT).toBe(60);
  expect(shown).toMatchObject(range(60).map((seq) => ({ kind: "event", seq, text: event(seq).json })));
  await first.remove(A);
  await expect.poll(() => shown.at(-1)?.kind, PATIENT).toBe("removed");
  following.end();
}, 300_000);

it("sockets at a node over Postgres see what another does, and go on when that one has left", async () => {
  const [ofFirst, ofSecond] = await twoStores();
  const folder = newFolder();
  const llm = scriptedLlm(() => say("Done."), { record: false });
  const options = { folder, createLlm: () => llm };
  const first = await startNode({ ...options, store: ofFirst });
  const second = await startNode({ ...options, store: ofSecond });
  for (const node of [first, second]) {
    await expect.poll(async () => (await node.call("/ready")).status, PATIENT).toBe(200);
  }
  const launched = await first.post("/api/conversations", {
    autotitle: false,
    agent: { llm: { model: "scripted" }, tools: [] },
    workspace: { working_dir: join(folder, "project") },
  });
  const { id } = await jsonOf<{ id: string }>(launched);
  const watchers = await watchAt(second, id, 20);
  await runAt(first, id);
  const count = await ofSecond.events.count(id, {});
  await expect.poll(() => watchers.every(({ seqs }) => seqs.length === count), PATIENT).toBe(true);
  await first.server.close();
  await runAt(second, id);
  const all = await ofSecond.events.count(id, {});
  await expect.poll(() => watchers.every(({ seqs }) => seqs.length >= all), PATIENT).toBe(true);
  expect(all).toBeGreaterThan(count);
  for (const { seqs, closed } of watchers) expect([closed, seqs]).toEqual([undefined, range(all)]);
}, 300_000);

it("servers over Postgres that are not a cluster see the events of each other within a look", async () => {
  const [ofFirst, ofSecond] = await twoStores();
  const folder = newFolder();
  const llm = scriptedLlm(() => say("Done."), { record: false });
  const common = {
    conversationsPath: folder,
    keyless: "loopback",
    logger: "silent",
    createLlm: () => llm,
  } as const;
  await using first = createServer({ ...common, store: ofFirst });
  await using second = createServer({ ...common, store: ofSecond });
  const { info, conversation } = await first.conversations.create({
    autotitle: false,
    agent: { llm: { model: "scripted" }, tools: [] },
    workspace: { working_dir: join(folder, "project") },
  });
  const kinds: string[] = [];
  const abort = new AbortController();
  const following = (async () => {
    for await (const { kind } of second.conversations.follow(info.id, abort.signal)) kinds.push(kind);
  })();
  await conversation.sendMessage("Go.");
  await expect.poll(() => kinds.filter((kind) => kind === "MessageEvent").length, PATIENT).toBe(2);
  abort.abort();
  await following;
}, 300_000);
