import { describe, expect, it } from "vitest";
import { createCipher } from "../../../../src/secrets/cipher.ts";
import { httpServer, mcpAnswer } from "../../../mcp/http-server.ts";
import { oauthServer } from "../../../mcp/oauth-server.ts";
import { openTrials } from "./open-trials.ts";

const START = "/api/mcp/oauth/start";
const KEY = "a secret key";

type Trials = ReturnType<typeof openTrials>;

const withOAuth = (url: string, auth: object = {}) => ({
  server: { type: "http", url, auth: { strategy: "oauth2", ...auth } },
  timeout: 5,
});

const status = async ({ ask }: Trials, id: string) => (await ask("GET", `/api/mcp/oauth/status/${id}`)).body;

/** Lets the user agree; resolves to the address that the browser is sent back to. */
async function agree(url: string): Promise<string> {
  const response = await fetch(url, { redirect: "manual" });
  return response.headers.get("location") ?? "";
}

describe("the authorization at an MCP server", () => {
  it("is begun, agreed to in the browser, and ends with the tools and the tokens", async () => {
    await using oauth = await oauthServer();
    await using trials = openTrials();
    const { body: begun } = await trials.ask("POST", START, withOAuth(oauth.mcpUrl));
    expect(begun).toEqual({
      ok: true,
      job_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      authorization_url: expect.stringContaining(`${oauth.url}/authorize?`),
    });
    expect(await status(trials, begun.job_id)).toEqual({
      ...begun,
      status: "authorizing",
      callback_ready: true,
    });
    const back = await fetch(await agree(begun.authorization_url));
    expect(back.status).toBe(200);
    await expect.poll(async () => (await status(trials, begun.job_id)).status).toBe("succeeded");
    expect(await status(trials, begun.job_id)).toMatchObject({
      ok: true,
      tools: ["whoami"],
      oauth_state: {
        tokens: { access_token: "access-token-1", refresh_token: "refresh-token-1", token_type: "Bearer" },
        client_info: { client_id: "client-1" },
        token_expires_at: expect.any(Number),
      },
    });
  });

  it("may be ended with the address that a browser elsewhere was sent to", async () => {
    await using oauth = await oauthServer();
    await using trials = openTrials({ secretKey: KEY });
    const { body: begun } = await trials.ask("POST", START, withOAuth(oauth.mcpUrl));
    const callback_url = await agree(begun.authorization_url);
    const { body } = await trials.ask("POST", `/api/mcp/oauth/callback/${begun.job_id}`, { callback_url });
    expect(body).toMatchObject({ ok: true, status: "succeeded", tools: ["whoami"] });
    const { access_token: sealed } = body.oauth_state.tokens;
    expect(createCipher(KEY).decrypt(sealed)).toBe("access-token-1");
  });

  it("needs no user where the tokens are good, or can be refreshed", async () => {
    await using oauth = await oauthServer();
    await using trials = openTrials();
    const state = { tokens: oauth.grant(), client_info: { client_id: "client-0" } };
    const good = await trials.ask("POST", START, withOAuth(oauth.mcpUrl, { state }));
    expect(good.body).toEqual({ ok: true, job_id: expect.any(String) });
    oauth.expire();
    const refreshed = await trials.ask("POST", START, withOAuth(oauth.mcpUrl, { state }));
    expect(refreshed.body).toEqual({ ok: true, job_id: expect.any(String) });
    expect((await status(trials, refreshed.body.job_id)).oauth_state.tokens.access_token).toBe(
      "access-token-2",
    );
  });

  it("asks for the least secret way to prove who we are that the server has", async () => {
    for (const [methods, expected] of [
      [["client_secret_basic", "none"], "none"],
      [["client_secret_basic", "client_secret_post"], "client_secret_post"],
      [["client_secret_basic"], "client_secret_basic"],
    ] as const) {
      await using oauth = await oauthServer({ methods: [...methods] });
      await using trials = openTrials();
      await trials.ask("POST", START, withOAuth(oauth.mcpUrl));
      expect(oauth.clients).toMatchObject([
        { token_endpoint_auth_method: expected, client_name: "agent-server" },
      ]);
    }
  });

  it("does not repeat who we are in the body where a header says it", async () => {
    await using oauth = await oauthServer({ methods: ["client_secret_basic"] });
    await using trials = openTrials();
    const { body: begun } = await trials.ask("POST", START, withOAuth(oauth.mcpUrl));
    await fetch(await agree(begun.authorization_url));
    await expect.poll(async () => (await status(trials, begun.job_id)).status).toBe("succeeded");
    const asked = oauth.asked.find(({ path }) => path === "/oauth/token");
    expect(asked?.headers.authorization).toMatch(/^Basic /);
    expect(new URLSearchParams(asked?.body).has("client_id")).toBe(false);
  });

  it("uses the client that the user has registered", async () => {
    await using oauth = await oauthServer();
    await using trials = openTrials();
    const authentication = { type: "oauth", client_id: "mine", scopes: ["read", "write"] };
    const { body } = await trials.ask("POST", START, withOAuth(oauth.mcpUrl, { authentication }));
    const { searchParams } = new URL(body.authorization_url);
    expect([searchParams.get("client_id"), searchParams.get("scope")]).toEqual(["mine", "read write"]);
    expect(oauth.clients).toEqual([]);
  });

  it("takes only the address that belongs to it", async () => {
    await using oauth = await oauthServer();
    await using trials = openTrials();
    const { body: begun } = await trials.ask("POST", START, withOAuth(oauth.mcpUrl));
    const callback = new URL(await agree(begun.authorization_url));
    const submit = (callback_url: string) =>
      trials.ask("POST", `/api/mcp/oauth/callback/${begun.job_id}`, { callback_url });
    for (const wrong of ["not a url", "https://localhost/callback", "http://example.com/callback"]) {
      expect(await submit(wrong)).toMatchObject({
        status: 400,
        body: { detail: "Invalid OAuth callback URL" },
      });
    }
    for (const wrong of [
      `http://localhost:${callback.port}/other?code=1`,
      "http://localhost:1/callback?code=1",
    ]) {
      expect(await submit(wrong)).toMatchObject({
        status: 400,
        body: { detail: "Unexpected OAuth callback URL" },
      });
    }
    callback.searchParams.set("state", "guessed");
    expect((await submit(callback.href)).body).toMatchObject({
      ok: false,
      status: "failed",
      error: "OAuth callback returned HTTP 400",
      error_kind: "connection",
    });
    expect((await fetch(callback)).status).toBe(400);
    expect((await status(trials, begun.job_id)).status).toBe("authorizing");
  });

  it("tells when the user has refused", async () => {
    await using oauth = await oauthServer();
    await using trials = openTrials();
    const { body: begun } = await trials.ask("POST", START, withOAuth(oauth.mcpUrl));
    const callback = new URL(await agree(begun.authorization_url));
    callback.searchParams.delete("code");
    callback.searchParams.set("error", "access_denied");
    const { body } = await trials.ask("POST", `/api/mcp/oauth/callback/${begun.job_id}`, {
      callback_url: callback.href,
    });
    expect(body).toMatchObject({
      ok: false,
      status: "failed",
      error: expect.stringContaining("access_denied"),
    });
  });

  it("is for servers with OAuth alone, and known by its id", async () => {
    await using tiny = await httpServer(mcpAnswer);
    await using trials = openTrials();
    expect(await trials.ask("POST", START, { server: { url: tiny.url } })).toEqual({
      status: 400,
      body: { detail: "MCP OAuth start requires auth.strategy='oauth2'" },
    });
    const missing = { status: 404, body: { detail: "MCP OAuth job not found" } };
    expect(await trials.ask("GET", "/api/mcp/oauth/status/none")).toEqual(missing);
    expect(
      await trials.ask("POST", "/api/mcp/oauth/callback/none", { callback_url: "http://localhost/callback" }),
    ).toEqual(missing);
  });

  it("fails at a server that lies about who it is", async () => {
    await using oauth = await oauthServer({
      metadata: (m) => ({ ...m, issuer: "https://accounts.example.com" }),
    });
    await using trials = openTrials();
    const { body } = await trials.ask("POST", START, withOAuth(oauth.mcpUrl));
    expect(body).toMatchObject({ ok: false, error: expect.stringMatching(/issuer/i) });
  });

  it("does not lead to a metadata service, whatever the server names as its own", async () => {
    await using oauth = await oauthServer({
      metadata: (m) => ({ ...m, registration_endpoint: "http://169.254.169.254/register" }),
    });
    await using trials = openTrials();
    const { body } = await trials.ask("POST", START, withOAuth(oauth.mcpUrl));
    expect(body).toMatchObject({ ok: false, error: expect.stringContaining("does not open for users") });
  });

  it("is not begun by a test", async () => {
    await using oauth = await oauthServer();
    await using trials = openTrials();
    const { body } = await trials.ask("POST", "/api/mcp/test", withOAuth(oauth.mcpUrl));
    expect(body).toMatchObject({ ok: false, error: expect.stringContaining("must be authorized again") });
    expect(oauth.clients).toEqual([]);
  });

  it("is bounded: so many may wait at once", async () => {
    await using oauth = await oauthServer();
    await using trials = openTrials();
    const begin = () => trials.ask("POST", START, withOAuth(oauth.mcpUrl));
    const answers = await Promise.all(Array.from({ length: 22 }, begin));
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(2);
    expect((await begin()).status).toBe(429);
  });

  it("waits for nobody once it has failed, so that others may begin", async () => {
    await using trials = openTrials();
    const begin = () => trials.ask("POST", START, withOAuth("http://127.0.0.1:9/mcp"));
    const answers = await Promise.all(Array.from({ length: 20 }, begin));
    expect(answers.map(({ body }) => body.ok)).toEqual(Array(20).fill(false));
    expect((await begin()).status).toBe(200);
  });
});
