import { call, say, scriptedLlm } from "agent-server/testing";
import { expect, it, vi } from "vitest";
import { oauthServer } from "../mcp/oauth-server.ts";
import { startReceiver } from "./receiver.ts";
import { serverFor } from "./server-for.ts";

// Everything here waits for real requests, on machines that may be busy.
vi.setConfig({ testTimeout: 120_000 });

it("new tokens of an MCP server that only a request names go to the webhooks, and never into the outbox", async () => {
  await using oauth = await oauthServer();
  const receiver = await startReceiver();
  receiver.answer = ({ path }) => {
    const isFirst = receiver.requests.filter((one) => one.path === "/mcp-oauth-state").length === 1;
    return path === "/mcp-oauth-state" && isFirst ? 500 : 200;
  };
  await using server = await serverFor(receiver, { llm: scriptedLlm([call("whoami", {}), say("done")]) });
  const state = { tokens: oauth.grant(), client_info: { client_id: "client-0" } };
  oauth.expire();
  const chat = await server.start("Hello", {
    agent: { mcp_config: { whoami: { url: oauth.mcpUrl, auth: { strategy: "oauth2", state } } } as never },
  });
  await chat.expectFinished("done");
  await receiver.until(() => receiver.taken.some(({ path }) => path === "/mcp-oauth-state"));
  const sent = receiver.taken.filter(({ path }) => path === "/mcp-oauth-state");
  expect(sent.map(({ body }) => body)).toEqual([
    {
      server_url: oauth.mcpUrl,
      oauth_state: {
        tokens: expect.objectContaining({ access_token: "access-token-2", refresh_token: "refresh-token-2" }),
        client_info: { client_id: "client-0" },
        token_expires_at: expect.any(Number),
      },
    },
  ]);
  const others = receiver.requests.filter(({ path }) => path !== "/mcp-oauth-state");
  expect(JSON.stringify(others)).not.toContain("access-token");
});

it("tokens of an MCP server of the settings stay in the settings", async () => {
  await using oauth = await oauthServer();
  const receiver = await startReceiver();
  await using server = await serverFor(receiver, {
    llm: scriptedLlm([call("whoami", {}), say("done")]),
    secretKey: "a secret key",
  });
  const state = { tokens: oauth.grant(), client_info: { client_id: "client-0" } };
  const remote = { url: oauth.mcpUrl, auth: { strategy: "oauth2", state } };
  await server.fetch(
    new Request("http://localhost/api/settings/mcp/whoami", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(remote),
    }),
  );
  oauth.expire();
  const chat = await server.start("Hello", { agent: { mcp_config: { whoami: remote as never } } });
  await chat.expectFinished("done");
  await server.close();
  expect(receiver.requests.length).toBeGreaterThan(0);
  expect(receiver.requests.filter(({ path }) => path === "/mcp-oauth-state")).toEqual([]);
});
