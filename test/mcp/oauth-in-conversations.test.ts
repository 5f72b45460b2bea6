import { call, createTestServer, say, scriptedLlm } from "agent-server/testing";
import { expect, it } from "vitest";
import { oauthServer } from "./oauth-server.ts";

const KEY = "a secret key";

it("a conversation refreshes the tokens of a server of the settings, and keeps them there, sealed", async () => {
  await using oauth = await oauthServer();
  const llm = scriptedLlm([call("whoami", {}), say("done"), call("whoami", {}), say("done again")]);
  await using server = await createTestServer({ llm, secretKey: KEY });
  const ask = async (method: string, path: string, body?: unknown, expose?: string) => {
    const response = await server.fetch(
      new Request(`http://localhost${path}`, {
        method,
        headers: { "content-type": "application/json", ...(expose && { "x-expose-secrets": expose }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
    return (await response.json()) as { agent_settings: { mcp_config: Record<string, never> } };
  };
  const state = { tokens: oauth.grant(), client_info: { client_id: "client-0" } };
  const remote = { url: oauth.mcpUrl, auth: { strategy: "oauth2", state } } as const;
  await ask("POST", "/api/settings/mcp/whoami", remote);
  oauth.expire();

  const chat = await server.start("Hello", { agent: { mcp_config: { whoami: remote as never } } });
  await chat.expectObservation("whoami", "Bearer");
  await chat.expectFinished("done");

  const settings = await ask("GET", "/api/settings", undefined, "plaintext");
  expect(settings.agent_settings.mcp_config.whoami).toMatchObject({
    auth: {
      state: {
        tokens: { access_token: "access-token-2", refresh_token: "refresh-token-2" },
        client_info: { client_id: "client-0" },
        token_expires_at: expect.any(Number),
      },
    },
  });
  const stored = (await server.store.documents.read("settings", "settings"))?.json;
  expect(stored).not.toContain("access-token-2");
  expect(JSON.stringify(await ask("GET", "/api/settings"))).not.toContain("access-token");

  // What another conversation has refreshed is used as it is.
  const other = await server.start("Hello", { agent: { mcp_config: { whoami: remote as never } } });
  await other.expectFinished("done again");
  expect(oauth.asked.filter(({ path }) => path === "/oauth/token")).toHaveLength(1);
});

it("conversations that need new tokens at one moment refresh them once", async () => {
  await using oauth = await oauthServer();
  const names = ["one", "two", "three"];
  const llm = scriptedLlm(names.map(() => say("done")));
  await using server = await createTestServer({ llm, secretKey: KEY });
  const state = { tokens: oauth.grant(), client_info: { client_id: "client-0" } };
  const remote = { url: oauth.mcpUrl, auth: { strategy: "oauth2", state } } as const;
  await server.fetch(
    new Request("http://localhost/api/settings/mcp/whoami", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(remote),
    }),
  );
  oauth.expire();
  const start = (name: string) => server.start(name, { agent: { mcp_config: { whoami: remote as never } } });
  const chats = await Promise.all(names.map(start));
  for (const chat of chats) {
    await chat.expectFinished("done");
    expect(JSON.stringify(chat.events)).not.toContain("must be authorized again");
  }
  expect(oauth.asked.filter(({ path }) => path === "/oauth/token")).toHaveLength(1);
});

it("a conversation keeps the tokens of a server that only it has to itself", async () => {
  await using oauth = await oauthServer();
  const llm = scriptedLlm([call("whoami", {}), say("done")]);
  await using server = await createTestServer({ llm, secretKey: KEY });
  const state = { tokens: oauth.grant(), client_info: { client_id: "client-0" } };
  oauth.expire();
  const chat = await server.start("Hello", {
    agent: { mcp_config: { whoami: { url: oauth.mcpUrl, auth: { strategy: "oauth2", state } } as never } },
  });
  await chat.expectObservation("whoami", "Bearer");
  await chat.expectFinished("done");
});

it("a conversation never begins an authorization, and says who must", async () => {
  await using oauth = await oauthServer();
  const llm = scriptedLlm([say("done")]);
  await using server = await createTestServer({ llm });
  const state = { tokens: oauth.grant(), client_info: { client_id: "client-0" } };
  oauth.revoke();
  const chat = await server.start("Hello", {
    agent: { mcp_config: { whoami: { url: oauth.mcpUrl, auth: { strategy: "oauth2", state } } as never } },
  });
  await chat.expectFinished("done");
  expect(JSON.stringify(chat.events)).toMatch(/must be authorized again in the settings/);
  const paths = oauth.asked.map(({ path }) => path.split("?")[0]);
  expect(paths).not.toContain("/authorize");
  expect(paths).not.toContain("/register");
});
