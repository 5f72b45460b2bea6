import { randomUUID } from "node:crypto";
import { memoryStore } from "agent-server";
import { say } from "agent-server/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { Gate } from "../../conversations/open-manager.ts";
import { jsonOf, KEY, startCluster, startPeer, type TestNode } from "./nodes.ts";

interface Faults {
  detail: { loc: unknown }[];
}

const message = (text: string, run = true) => ({ role: "user", content: [{ type: "text", text }], run });

const statusOf = async (node: TestNode, id: string) =>
  (await jsonOf(await node.call(`/api/conversations/${id}`))).execution_status;

const eventsOf = async (node: TestNode, id: string, kind = "MessageEvent") =>
  (
    await jsonOf<{ items: { id: string; source: string }[] }>(
      await node.call(`/api/conversations/${id}/events/search?kind=${kind}`),
    )
  ).items;

describe("a request that needs the node which has a conversation in memory", () => {
  it("is answered from any node as from that one", async () => {
    const { nodes, llm, start } = await startCluster({ steps: [say("Done.")] });
    const [first, second] = nodes;
    const id = await start(first);
    expect((await first.post(`/api/conversations/${id}/pause`)).status).toBe(200);
    const sent = await second.post(`/api/conversations/${id}/events`, message("Go."));
    expect([sent.status, await sent.json()]).toEqual([200, { success: true }]);
    await expect.poll(() => statusOf(second, id)).toBe("finished");
    expect([first, second].map(({ server }) => server.conversations.liveCount)).toEqual([1, 0]);
    expect(llm.requests.length).toBe(1);
    const invalid = await second.post(`/api/conversations/${id}/events`, { role: 1 });
    expect([invalid.status, (await jsonOf<Faults>(invalid)).detail[0]?.loc]).toEqual([422, ["body", "role"]]);
  });

  it("interrupts from another node what runs on the first", async () => {
    const gate = new Gate();
    const { nodes, start } = await startCluster({
      steps: [
        async ({ signal }) => {
          await gate.pass(signal);
          return say("Too late.");
        },
      ],
    });
    const [first, second] = nodes;
    const id = await start(first);
    await second.post(`/api/conversations/${id}/events`, message("Go."));
    await gate.reached;
    const interrupted = await second.post(`/api/conversations/${id}/interrupt`);
    expect(interrupted.status).toBe(200);
    await expect.poll(() => statusOf(second, id)).toBe("paused");
    expect(await eventsOf(second, id, "InterruptEvent")).toHaveLength(1);
  });

  it("goes to one node when several want a conversation that none has in memory", async () => {
    const { nodes, start } = await startCluster({ count: 3 });
    const id = await start(nodes[0]);
    await nodes[0].server.conversations.unload();
    const asked = Array.from({ length: 12 }, (_, index) =>
      nodes[index % 3]?.post(`/api/conversations/${id}/events`, message(`Message ${index}`, false)),
    );
    const answers = await Promise.all(asked);
    expect(answers.map((answer) => answer?.status)).toEqual(answers.map(() => 200));
    expect(await eventsOf(nodes[0], id)).toHaveLength(12);
    const counts = nodes.map(({ server }) => server.conversations.liveCount);
    expect(counts.toSorted()).toEqual([0, 0, 1]);
  });

  it("deletes from another node, whose next requests know nothing of the conversation", async () => {
    const { nodes, start } = await startCluster();
    const [first, second] = nodes;
    const id = await start(first);
    await first.post(`/api/conversations/${id}/pause`);
    const deleted = await second.call(`/api/conversations/${id}`, { method: "DELETE" });
    expect([deleted.status, await deleted.json()]).toEqual([200, { success: true }]);
    expect((await second.post(`/api/conversations/${id}/run`)).status).toBe(404);
    expect((await first.call(`/api/conversations/${id}`)).status).toBe(404);
  });

  it("is served here once the node that had the conversation is dead", async () => {
    const { nodes, store, start } = await startCluster();
    const id = await start(nodes[0]);
    await nodes[0].server.conversations.unload();
    const peer = await startPeer(store);
    await peer.claim(id);
    peer.port.closeAllConnections();
    peer.port.close();
    const asked = nodes[1].post(`/api/conversations/${id}/events`, message("Hello", false));
    await expect.poll(() => nodes[1].server.conversations.liveCount).toBe(0);
    await peer.die();
    expect((await asked).status).toBe(200);
    expect(nodes[1].server.conversations.liveCount).toBe(1);
  });

  it("takes an idle conversation over for a caller in the process", async () => {
    const { nodes, start } = await startCluster();
    const [first, second] = nodes;
    const id = await start(first);
    await first.post(`/api/conversations/${id}/pause`);
    await (await second.server.conversations.open(id)).sendMessage("Here now.", { run: false });
    expect([first, second].map(({ server }) => server.conversations.liveCount)).toEqual([0, 1]);
    const answer = await first.post(`/api/conversations/${id}/events`, message("And from there.", false));
    expect(answer.status).toBe(200);
    expect(await eventsOf(first, id)).toHaveLength(2);
  });
});

describe("bodies and answers", () => {
  it("of any length pass through: files are stored and read at the other node", async () => {
    const { nodes, start } = await startCluster();
    const [first, second] = nodes;
    const id = await start(first);
    await first.post(`/api/conversations/${id}/pause`);
    const info = await jsonOf<{ workspace: { working_dir: string } }>(
      await first.call(`/api/conversations/${id}`),
    );
    const path = `${info.workspace.working_dir}/large.bin`;
    const bytes = new Uint8Array(5 * 1024 * 1024).map((_, index) => index % 251);
    const form = new FormData();
    form.set("file", new Blob([bytes]), "large.bin");
    const url = `/api/conversations/${id}/file/upload?path=${encodeURIComponent(path)}`;
    const sent = await second.call(url, { method: "POST", body: form });
    expect([sent.status, await sent.json()]).toEqual([200, { success: true, file_size: bytes.length }]);
    const got = await second.call(`/api/conversations/${id}/workspace/large.bin`);
    expect(Buffer.compare(Buffer.from(await got.arrayBuffer()), Buffer.from(bytes))).toBe(0);
    const part = await second.call(`/api/conversations/${id}/workspace/large.bin`, {
      headers: { range: "bytes=10-19" },
    });
    expect([part.status, (await part.arrayBuffer()).byteLength]).toEqual([206, 10]);
    expect([first, second].map(({ server }) => server.conversations.liveCount)).toEqual([1, 0]);
  });

  it("are held to the bounds of the node that reads them", async () => {
    const { nodes, start } = await startCluster({ options: { maxBodyBytes: 2 * 1024 * 1024 } });
    const [first, second] = nodes;
    const id = await start(first);
    await first.post(`/api/conversations/${id}/pause`);
    const answer = await second.post(`/api/conversations/${id}/events`, message("x".repeat(3 * 1024 * 1024)));
    expect([answer.status, first.server.conversations.liveCount]).toEqual([413, 1]);
  });
});

describe("a message that is sent again", () => {
  it("stands in the log once, under the id that its sender gave it", async () => {
    const { nodes, llm, start } = await startCluster({ steps: [say("Once."), say("Twice.")] });
    const id = await start(nodes[0]);
    const eventId = randomUUID();
    const send = (node: TestNode) =>
      node.post(`/api/conversations/${id}/events`, message("Go."), { "x-event-id": eventId });
    const answers = await Promise.all([send(nodes[0]), send(nodes[1]), send(nodes[1])]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    await expect.poll(() => statusOf(nodes[1], id)).toBe("finished");
    expect((await send(nodes[1])).status).toBe(200);
    const [first, ...others] = (await eventsOf(nodes[1], id)).filter(({ source }) => source === "user");
    expect([first?.id, others]).toEqual([eventId, []]);
    expect([llm.requests.length, await statusOf(nodes[0], id)]).toEqual([1, "finished"]);
  });

  it("starts the run that its first time did not live to start", async () => {
    const { nodes, start } = await startCluster({ steps: [say("At last.")] });
    const id = await start(nodes[0]);
    const eventId = randomUUID();
    const headers = { "x-event-id": eventId };
    await nodes[0].post(`/api/conversations/${id}/events`, message("Go.", false), headers);
    await nodes[0].server.conversations.unload();
    await nodes[1].post(`/api/conversations/${id}/events`, message("Go."), headers);
    await expect.poll(() => statusOf(nodes[0], id)).toBe("finished");
  });

  it("is refused under the id of an event that is no message, and under what is no UUID", async () => {
    const { nodes, start } = await startCluster();
    const id = await start(nodes[0]);
    await nodes[0].post(`/api/conversations/${id}/pause`);
    const [pause] = await eventsOf(nodes[0], id, "PauseEvent");
    const send = (eventId: string) =>
      nodes[1].post(`/api/conversations/${id}/events`, message("Go.", false), { "x-event-id": eventId });
    expect((await send(pause?.id ?? "")).status).toBe(409);
    const invalid = await send("mine");
    expect([invalid.status, (await jsonOf<Faults>(invalid)).detail[0]?.loc]).toEqual([
      422,
      ["header", "X-Event-ID"],
    ]);
  });

  it("gets an id from the first node, so that the owner finds it when the answer was lost", async () => {
    const { nodes, store, start } = await startCluster();
    const id = await start(nodes[0]);
    await nodes[0].server.conversations.unload();
    let calls = 0;
    const peer = await startPeer(store, (outgoing) => {
      calls += 1;
      if (calls === 1) outgoing.destroy();
      else outgoing.end("{}");
    });
    await peer.claim(id);
    const answer = await nodes[1].post(`/api/conversations/${id}/events`, message("Go."));
    expect([answer.status, peer.requests.length]).toEqual([200, 2]);
    const ids = peer.requests.map(({ headers }) => headers["x-event-id"]);
    expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(ids[1]).toBe(ids[0]);
    expect(peer.requests[1]?.body).toEqual(peer.requests[0]?.body);
  });
});

describe("the gateway", () => {
  it("goes on with a conversation at the node that has it", async () => {
    const { nodes, start, llm } = await startCluster({ steps: [say("One."), say("Two.")] });
    const [first, second] = nodes;
    const id = await start(first);
    const header = "X-OpenHands-ServerConversation-ID";
    await first.post("/api/profiles/fast", { llm: { model: "openai/gpt-4o", api_key: "sk-x" } });
    const models = await jsonOf<{ data: { id: string }[] }>(await second.call("/v1/models"));
    const ask = async (node: TestNode, content: string) => {
      const body = { model: models.data[0]?.id, messages: [{ role: "user", content }] };
      const answer = await node.post("/v1/chat/completions", body, { [header]: id });
      const { choices } = await jsonOf<{ choices: { message: { content: string } }[] }>(answer);
      return [answer.headers.get(header), choices[0]?.message.content];
    };
    expect(await ask(first, "Hello.")).toEqual([id, "One."]);
    expect(await ask(second, "And again.")).toEqual([id, "Two."]);
    expect([llm.requests.length, second.server.conversations.liveCount]).toEqual([2, 0]);
  });
});

describe("messages on sockets", () => {
  it.each(["events", "session"])("of the kind %s reach the node that has the conversation", async (kind) => {
    const { nodes, start } = await startCluster({ steps: [say("Heard.")] });
    const [first, second] = nodes;
    const id = await start(first);
    await first.post(`/api/conversations/${id}/pause`);
    const socket = await openSocket(second, `${kind}/${id}`);
    socket.send("Hello.");
    await expect.poll(() => socket.frames.some((frame) => frame.includes("Heard."))).toBe(true);
    expect([first, second].map(({ server }) => server.conversations.liveCount)).toEqual([1, 0]);
  });

  it("tell what that node refuses", async () => {
    const gate = new Gate();
    const { nodes, start } = await startCluster({
      steps: [
        async ({ signal }) => {
          await gate.pass(signal);
          return say("Done.");
        },
      ],
      options: { maxConcurrentRuns: 1 },
    });
    const [first, second] = nodes;
    const [busy, id] = [await start(first), await start(first)];
    await first.post(`/api/conversations/${busy}/events`, message("Go."));
    await gate.reached;
    await first.post(`/api/conversations/${id}/pause`);
    const socket = await openSocket(second, `events/${id}`);
    socket.send("One run too many.");
    await expect.poll(() => socket.frames.at(-1)).toContain("ConversationRunLimitExceeded");
    expect(await eventsOf(second, id)).toHaveLength(1);
    gate.open();
  });
});

/** Opens a socket and waits for its first frame. */
async function openSocket({ address }: TestNode, path: string) {
  const socket = new WebSocket(`${address.replace("http", "ws")}/sockets/${path}?session_api_key=${KEY}`);
  onTestFinished(() => socket.terminate());
  const frames: string[] = [];
  socket.on("message", (data) => frames.push(String(data)));
  await expect.poll(() => frames.length).toBeGreaterThan(0);
  const send = (text: string) =>
    socket.send(JSON.stringify({ role: "user", content: [{ type: "text", text }] }));
  return { frames, send };
}

describe("bash commands", () => {
  it("are stopped through any node", async () => {
    const { nodes } = await startCluster({ store: memoryStore() });
    const [first, second] = nodes;
    const begun = await first.post("/api/bash/start_bash_command", { command: "sleep 600" });
    const { id } = await jsonOf<{ id: string }>(begun);
    expect((await second.post(`/api/bash/bash_commands/${id}/stop`)).status).toBe(200);
    const ended = async () => {
      const found = await second.call(`/api/bash/bash_events/search?command_id__eq=${id}`);
      const { items } = await jsonOf<{ items: { exit_code: number | null }[] }>(found);
      return items.some(({ exit_code: code }) => code !== null);
    };
    await expect.poll(ended).toBe(true);
  });
});
