import { randomUUID } from "node:crypto";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { keepLogin, login } from "../../acp/kept-login.ts";
import { oauthServer } from "../../mcp/oauth-server.ts";
import { jsonOf, startCluster, startPeer } from "./nodes.ts";

interface Job {
  job_id: string;
  authorization_url: string;
  status: string;
}

describe("flows of a client whose requests reach different nodes", () => {
  it("the authorization at an MCP server is asked for and ended at another node than the one that began it", async () => {
    await using oauth = await oauthServer();
    const { nodes } = await startCluster();
    const [first, second] = nodes;
    const server = { type: "http", url: oauth.mcpUrl, auth: { strategy: "oauth2" } };
    const begun = await jsonOf<Job>(await first.post("/api/mcp/oauth/start", { server, timeout: 5 }));
    const asked = await second.call(`/api/mcp/oauth/status/${begun.job_id}`);
    expect(await jsonOf(asked)).toMatchObject({ status: "authorizing" });
    const agreed = await fetch(begun.authorization_url, { redirect: "manual" });
    const ended = await second.post(`/api/mcp/oauth/callback/${begun.job_id}`, {
      callback_url: agreed.headers.get("location"),
    });
    expect([ended.status, (await jsonOf<Job>(ended)).status]).toEqual([200, "succeeded"]);
    expect((await second.call(`/api/mcp/oauth/status/${randomUUID()}`)).status).toBe(404);
  });

  it("a login that another server keeps is bound at every node, since any may run the conversation", async () => {
    await using place = await keepLogin({ value: login("first"), version: "v" });
    const { nodes, store } = await startCluster();
    const peer = await startPeer(store);
    const bind = (name: string, id: string = randomUUID()) =>
      nodes[0].call(`/api/conversations/${id}/credential-bindings/${name}`, {
        method: "PUT",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(place.address),
      });
    expect((await bind("CODEX_AUTH_JSON")).status).toBe(204);
    expect(peer.requests.map(({ method, body }) => [method, JSON.parse(String(body))])).toEqual([
      ["PUT", place.address],
    ]);
    expect((await bind("OTHER")).status).toBe(404);
    expect(peer.requests).toHaveLength(1);
    await peer.die();
    expect((await bind("CODEX_AUTH_JSON")).status).toBe(204);
  });

  it("a node that is told of a login binds it itself, and passes it on to none", async () => {
    let probes = 0;
    await using place = await keepLogin({
      get value() {
        probes += 1;
        return login("first");
      },
      set value(_value: string) {},
      version: "v",
    });
    const { nodes } = await startCluster({ count: 3 });
    // A node is one of the cluster once it has joined, with its first claim.
    for (const node of nodes) await node.post(`/api/conversations/${randomUUID()}/pause`);
    const bound = await nodes[1].call(
      `/api/conversations/${randomUUID()}/credential-bindings/CODEX_AUTH_JSON`,
      {
        method: "PUT",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(place.address),
      },
    );
    expect([bound.status, probes]).toEqual([204, 3]);
  });

  it("a platform that pauses its machine is heard by every node: none uses a login until it is bound again", async () => {
    const { nodes, store } = await startCluster();
    const peer = await startPeer(store);
    const paused = await nodes[0].call("/api/conversations/prepare-for-sandbox-pause", { method: "POST" });
    expect(paused.status).toBe(204);
    expect(peer.requests.map(({ method, path }) => [method, path])).toEqual([
      ["POST", "/api/conversations/prepare-for-sandbox-pause"],
    ]);
  });

  it("a sign-in with a ChatGPT subscription goes on at the node that began it", async () => {
    const network = fetch;
    let polls = 0;
    vi.stubGlobal("fetch", async (url: string | URL, init?: RequestInit) => {
      if (!String(url).startsWith("https://")) return network(url, init);
      if (!String(url).endsWith("/usercode")) polls += 1;
      const code = { device_auth_id: "one", user_code: "AB-CD", interval: "5" };
      return String(url).endsWith("/usercode") ? Response.json(code) : new Response("{}", { status: 403 });
    });
    onTestFinished(() => void vi.unstubAllGlobals());
    const { nodes } = await startCluster({ count: 3 });
    const base = "/api/llm/subscription/openai";
    const begun = await jsonOf<{ device_code: string }>(await nodes[0].post(`${base}/device/start`));
    const poll = async () =>
      (await nodes[1].post(`${base}/device/poll`, { device_code: begun.device_code })).status;
    expect([await poll(), polls]).toEqual([200, 1]);
    expect((await nodes[1].post(`${base}/logout`)).status).toBe(200);
    expect(await poll()).toBe(404);
  });

  it("a session for the files of conversations holds at every node", async () => {
    const { nodes, start } = await startCluster();
    const [first, second] = nodes;
    const id = await start(first);
    await first.post(`/api/conversations/${id}/pause`);
    const begun = await first.post("/api/auth/workspace-session");
    const cookie = begun.headers.getSetCookie()[0]?.split(";")[0] ?? "";
    const asked = await fetch(`${second.address}/api/conversations/${id}/workspace`, { headers: { cookie } });
    expect(asked.status).toBe(404);
    expect(await asked.text()).toContain("No index.html");
    expect((await fetch(`${second.address}/api/conversations/${id}/workspace`)).status).toBe(401);
  });
});
