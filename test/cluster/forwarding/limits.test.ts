import { say } from "agent-server/testing";
import { expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import type { AuditEvent } from "../../../src/index.ts";
import { jsonOf, startCluster, type TestNode } from "./nodes.ts";

const eventually = { timeout: 20_000 };
const message = (run: boolean) => ({ role: "user", content: [{ type: "text", text: "Go." }], run });

async function newKey(node: TestNode, fields: object) {
  return jsonOf<{ id: string; key: string }>(await node.post("/api/access-keys", { name: "n", ...fields }));
}

it("a request that is passed on counts where it came in, and is reported where it is answered", async () => {
  const events: AuditEvent[] = [];
  const { nodes, start } = await startCluster({ options: { audit: (event) => void events.push(event) } });
  const [first, second] = nodes;
  const id = await start(first);
  const { key, id: keyId } = await newKey(first, { scope: "write", limits: { requests_per_minute: 12 } });
  const headers = { "x-session-api-key": key };
  events.length = 0;
  for (let sent = 0; sent < 6; sent += 1) {
    const answer = await second.post(`/api/conversations/${id}/events`, message(false), headers);
    expect([answer.status, answer.headers.get("ratelimit-policy")]).toEqual([
      200,
      '"requests_per_minute";q=12;w=60',
    ]);
  }
  const left = (await first.call("/api/conversations/count", { headers })).headers.get("ratelimit");
  expect(left).toMatch(/;r=11;/);
  expect(events.filter(({ action }) => action === "send_message")).toHaveLength(6);
  expect(new Set(events.map(({ key: shown }) => shown))).toEqual(new Set([keyId]));
});

it("what a message on a socket leads to counts for its sender, whichever server has the conversation", async () => {
  const { nodes, start } = await startCluster({ steps: [say("Heard.")] });
  const [first, second] = nodes;
  const id = await start(first, { tags: { team: "red" } });
  const fields = { scope: "write", tags: { team: "red" }, limits: { tokens_per_day: 100 } };
  const { key, id: keyId } = await newKey(first, fields);
  const headers = { "x-session-api-key": key };
  await first.post(`/api/conversations/${id}/pause`);
  const socket = new WebSocket(`${second.address.replace("http", "ws")}/sockets/events/${id}`, { headers });
  onTestFinished(() => socket.terminate());
  const frames: string[] = [];
  socket.on("message", (frame) => frames.push(String(frame)));
  await expect.poll(() => frames.length, eventually).toBeGreaterThan(0);
  socket.send(JSON.stringify(message(true)));
  await expect.poll(() => frames.join(), eventually).toContain("Heard.");
  const refusal = async () => {
    const answer = await second.post(`/api/conversations/${id}/events`, message(true), headers);
    return [answer.status, (await jsonOf(answer)).detail];
  };
  await expect
    .poll(
      async () => (await jsonOf(await second.call(`/api/conversations/${id}`))).execution_status,
      eventually,
    )
    .toBe("finished");
  expect(await refusal()).toEqual([429, `tokens_per_day: key ${keyId} may use 100 tokens a day`]);
});
