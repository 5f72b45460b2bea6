import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { say } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { Gate } from "../../conversations/open-manager.ts";
import { jsonOf, startCluster, startNode } from "./nodes.ts";

const message = (text: string, run: boolean) => ({ role: "user", content: [{ type: "text", text }], run });

describe("a conversation that is bound to a machine and in the memory of no node", () => {
  it("is opened, read and deleted on its machine, whichever node is asked", async () => {
    const { nodes, store, folder, start } = await startCluster({ options: { about: { machine: "east" } } });
    const [east] = nodes;
    const west = await startNode({ store, folder, about: { machine: "west" } });
    const id = await start(east);
    const liveCounts = () => [...nodes, west].map(({ server }) => server.conversations.liveCount);
    const unload = () => Promise.all(nodes.map(({ server }) => server.conversations.unload()));

    await unload();
    mkdirSync(join(folder, "project"), { recursive: true });
    writeFileSync(join(folder, "project", "a.txt"), "from the east");
    const read = await west.call(`/api/conversations/${id}/workspace/a.txt`);
    expect([read.status, await read.text()]).toEqual([200, "from the east"]);
    expect(liveCounts().at(-1)).toBe(0);

    await unload();
    expect((await west.post(`/api/conversations/${id}/events`, message("Hello.", false))).status).toBe(200);
    expect(liveCounts().toSorted()).toEqual([0, 0, 1]);

    await unload();
    expect((await west.call(`/api/conversations/${id}`, { method: "DELETE" })).status).toBe(200);
    expect((await east.call(`/api/conversations/${id}`)).status).toBe(404);
  });
});

describe("a node that is about to end", () => {
  /** The first node ends, and waits for a run until the gate opens. Another conversation is idle there. */
  async function ending() {
    const gate = new Gate();
    const { nodes, start } = await startCluster({
      steps: [
        async (request) => {
          await gate.pass(request.signal);
          return say("Done.");
        },
      ],
    });
    const [first, second] = nodes;
    const [busy, idle] = [await start(first), await start(first)];
    await first.post(`/api/conversations/${idle}/pause`);
    await first.post(`/api/conversations/${busy}/events`, message("Go.", true));
    await gate.reached;
    // Now the second believes for a second that the first one has it.
    await second.post(`/api/conversations/${idle}/pause`);
    const ended = first.server.close();
    await expect.poll(async () => (await first.call("/ready")).status).toBe(503);
    return { first, second, idle, ended, gate };
  }

  it("leaves what is idle to the others, also where they still take it for the owner", async () => {
    const { second, idle, ended, gate } = await ending();
    const sent = await second.post(`/api/conversations/${idle}/events`, message("Still here?", false));
    expect([sent.status, second.server.conversations.liveCount]).toEqual([200, 1]);
    gate.open();
    await ended;
  });

  it("takes nothing into memory for a client, and lets another node answer", async () => {
    const { first, second, idle, ended, gate } = await ending();
    await expect.poll(() => first.server.conversations.has(idle)).toBe(false);
    const sent = await first.post(`/api/conversations/${idle}/events`, message("Still here?", false));
    expect([sent.status, second.server.conversations.liveCount]).toEqual([200, 1]);
    const events = await jsonOf<{ items: object[] }>(
      await first.call(`/api/conversations/${idle}/events/search?kind=MessageEvent`),
    );
    expect(events.items).toHaveLength(1);
    gate.open();
    await ended;
  });
});
