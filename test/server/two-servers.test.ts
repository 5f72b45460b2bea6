import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, memoryStore, type Store, sqliteStore } from "agent-server";
import { say, scriptedLlm } from "agent-server/testing";
import { afterAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";

const folder = mkdtempSync(join(tmpdir(), "agent-server-two-servers-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each<[string, () => Store]>([
  ["memoryStore", () => memoryStore()],
  ["sqliteStore", () => sqliteStore({ path: join(folder, "shared.db") })],
])("two servers over one %s", (_name, openStore) => {
  it("share its conversations, and the one that closes first leaves the other unharmed", async () => {
    const store = openStore();
    const answered = Promise.withResolvers<void>();
    const llm = scriptedLlm([
      async () => {
        await answered.promise;
        return say("Done.");
      },
    ]);
    const options = {
      store,
      keyless: "loopback",
      logger: "silent",
      conversationsPath: join(folder, "conversations"),
      createLlm: () => llm,
    } as const;
    await using first = createServer(options);
    const { info, conversation } = await first.conversations.create({
      autotitle: false,
      agent: { llm: { model: "scripted" } },
      workspace: { working_dir: join(folder, "project") },
    });
    await conversation.sendMessage("Go.");
    await expect.poll(() => llm.requests.length).toBe(1);

    const second = createServer(options);
    const { url } = await second.listen(0);
    const ready = async () => (await fetch(`${url}/ready`)).status;
    await expect.poll(ready).toBe(200);
    const socket = new WebSocket(`${url.replace("http", "ws")}/sockets/events/${info.id}`);
    const frames: string[] = [];
    socket.on("message", (data) => frames.push(String(data)));
    await expect.poll(() => frames[0]).toContain('"execution_status":"running"');
    const refused = await fetch(`${url}/api/conversations/${info.id}/pause`, { method: "POST" });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await refused.text()).toContain("is being run by another server");

    answered.resolve();
    await expect.poll(() => frames.at(-1)).toContain('"execution_status":"finished"');
    await second.close();
    expect(await first.conversations.agentFinalResponse(info.id)).toBe("Done.");
  });
});
