import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { KEY, startCluster, startPeer } from "./nodes.ts";

const EVENT = "00000000-0000-4000-8000-00000000000e";

/** Operations that only the node with the conversation in memory can answer. A new one must be put into a list. */
const OF_THE_OWNER = [
  "DELETE /api/conversations/{conversation_id}",
  "PATCH /api/conversations/{conversation_id}",
  "POST /api/conversations/{conversation_id}/ask_agent",
  "POST /api/conversations/{conversation_id}/children",
  "POST /api/conversations/{conversation_id}/condense",
  "POST /api/conversations/{conversation_id}/confirmation_policy",
  "POST /api/conversations/{conversation_id}/events",
  "POST /api/conversations/{conversation_id}/events/respond_to_confirmation",
  "POST /api/conversations/{conversation_id}/goal",
  "POST /api/conversations/{conversation_id}/goal/resume",
  "POST /api/conversations/{conversation_id}/goal/stop",
  "POST /api/conversations/{conversation_id}/interrupt",
  "POST /api/conversations/{conversation_id}/load_plugin",
  "POST /api/conversations/{conversation_id}/navigate",
  "POST /api/conversations/{conversation_id}/pause",
  "POST /api/conversations/{conversation_id}/run",
  "GET /api/conversations/{conversation_id}/runtime",
  "POST /api/conversations/{conversation_id}/runtime/reprovision",
  "POST /api/conversations/{conversation_id}/secrets",
  "POST /api/conversations/{conversation_id}/security_analyzer",
  "POST /api/conversations/{conversation_id}/switch_acp_model",
  "POST /api/conversations/{conversation_id}/switch_llm",
  "POST /api/conversations/{conversation_id}/switch_profile",
  "GET /api/conversations/{conversation_id}/workspace",
  "GET /api/conversations/{conversation_id}/workspace/{file_path}",
  "POST /api/conversations/{runtime_conversation_id}/bash/execute_bash_command",
  "POST /api/conversations/{runtime_conversation_id}/bash/start_bash_command",
  "GET /api/conversations/{runtime_conversation_id}/file/archive",
  "POST /api/conversations/{runtime_conversation_id}/file/create_directory",
  "GET /api/conversations/{runtime_conversation_id}/file/download",
  "POST /api/conversations/{runtime_conversation_id}/file/upload",
  "GET /api/conversations/{runtime_conversation_id}/git/changes",
  "GET /api/conversations/{runtime_conversation_id}/git/commits",
  "GET /api/conversations/{runtime_conversation_id}/git/commits/{sha}/changes",
  "GET /api/conversations/{runtime_conversation_id}/git/diff",
  "GET /api/conversations/{runtime_conversation_id}/vscode/status",
  "GET /api/conversations/{runtime_conversation_id}/vscode/url",
];

/** Operations that any node answers from the store. */
const OF_THE_STORE = [
  "GET /api/conversations/{conversation_id}",
  "GET /api/conversations/{conversation_id}/agent_final_response",
  "GET /api/conversations/{conversation_id}/events",
  "GET /api/conversations/{conversation_id}/events/count",
  "GET /api/conversations/{conversation_id}/events/search",
  "GET /api/conversations/{conversation_id}/events/{event_id}",
  "POST /api/conversations/{conversation_id}/fork",
  "GET /api/file/download-trajectory/{conversation_id}",
  "DELETE /api/conversations/{runtime_conversation_id}/bash/bash_events",
  "GET /api/conversations/{runtime_conversation_id}/bash/bash_events/",
  "GET /api/conversations/{runtime_conversation_id}/bash/bash_events/search",
  "GET /api/conversations/{runtime_conversation_id}/bash/bash_events/{event_id}",
  "GET /api/conversations/{runtime_conversation_id}/file/download-trajectory/{conversation_id}",
];

/** Operations for the node that runs a command. */
const OF_THE_HOLDER = [
  "POST /api/conversations/{runtime_conversation_id}/bash/bash_commands/{command_id}/stop",
];

const ALL = [...OF_THE_OWNER, ...OF_THE_STORE, ...OF_THE_HOLDER].sort();

describe("every operation on a conversation", () => {
  it("is decided: it needs the owner, or any node answers it from the store", async () => {
    const { nodes } = await startCluster();
    const operations = Object.entries(nodes[0].server.openapi().paths ?? {}).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(operations.filter((one) => one.includes("conversation_id}")).sort()).toEqual(ALL);
  });

  it("goes to the node that has the conversation, unread, if it needs that", async () => {
    const { store, forwarded, id } = await withPeer();
    expect(await store.ownership.ownerOf(id)).toMatchObject({ address: expect.any(String) });
    expect(await forwarded()).toEqual(OF_THE_OWNER.toSorted());
  });

  it("is answered where it arrives when no node has the conversation", async () => {
    const { peer, forwarded } = await withPeer();
    await peer.die();
    expect(await forwarded()).toEqual([]);
  });

  it("is answered by the owner itself where it arrives there", async () => {
    const { nodes, start } = await startCluster();
    const id = await start(nodes[0]);
    await nodes[0].post(`/api/conversations/${id}/pause`);
    const before = nodes[0].server.conversations.liveCount;
    const answer = await nodes[0].post(`/api/conversations/${id}/events`, {});
    expect([before, answer.status]).toEqual([1, 200]);
  });

  /** A conversation that a scripted peer holds, and the operations which that peer is asked for. */
  async function withPeer() {
    const { nodes, store, start } = await startCluster();
    const id = await start(nodes[0]);
    await nodes[0].server.conversations.unload();
    const peer = await startPeer(store);
    await peer.claim(id);
    const forwarded = async () => {
      const asked: string[] = [];
      for (const operation of ALL) {
        const [method = "", template = ""] = operation.split(" ");
        const before = peer.requests.length;
        const path = pathOf(template, id);
        const hasBody = method !== "GET" && method !== "DELETE";
        const answer = await nodes[1].call(path, {
          method,
          ...(hasBody && { body: "{", headers: { "content-type": "application/json" } }),
        });
        await answer.arrayBuffer();
        if (peer.requests.length === before) continue;
        asked.push(operation);
        expect(peer.requests.at(-1)).toMatchObject({ method, path, headers: { "x-session-api-key": KEY } });
        if (hasBody) expect(peer.requests.at(-1)?.body.toString()).toBe("{");
      }
      return asked.sort();
    };
    return { store, peer, id, forwarded };
  }
});

function pathOf(template: string, id: string): string {
  return template
    .replaceAll(/\{(runtime_)?conversation_id\}/g, id)
    .replace("{event_id}", EVENT)
    .replace("{command_id}", randomUUID())
    .replace("{sha}", "HEAD")
    .replace("{file_path}", "a.txt");
}
