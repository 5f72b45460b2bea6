import { expect, it, onTestFinished } from "vitest";
import { createServer, memoryStore, type ServerOptions } from "../../src/index.ts";
import { buildPages } from "./built-pages.ts";

async function open(options: Partial<ServerOptions> = {}) {
  const pages = await buildPages();
  const server = createServer({
    apiKeys: ["k"],
    store: memoryStore(),
    logger: "silent",
    secretKey: "secret",
    environment: {},
    ui: { directory: pages.directory },
    ...options,
  });
  onTestFinished(async () => {
    await server.close();
    await pages[Symbol.asyncDispose]();
  });
  const ask = async (method: string, path: string, body?: object) => {
    const headers = { "x-session-api-key": "k", "content-type": "application/json", accept: "text/html" };
    const request = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    return server.fetch(new Request(`http://localhost${path}`, request), { peerAddress: "127.0.0.1" });
  };
  const profiles = async () =>
    (await (await ask("GET", "/api/profiles")).json()) as {
      profiles: object[];
      active_profile: string | null;
    };
  return { ask, profiles };
}

it("is offered as the active profile with the first page, where nothing is configured", async () => {
  const { ask, profiles } = await open();
  expect(await profiles()).toEqual({ profiles: [], active_profile: null });
  await Promise.all([ask("GET", "/"), ask("GET", "/settings")]);
  expect(await profiles()).toMatchObject({
    profiles: [{ name: "demo", model: "demo/tour", api_key_set: true }],
    active_profile: "demo",
  });
});

it("does not come back once it was removed for another", async () => {
  const { ask, profiles } = await open();
  await ask("GET", "/");
  await ask("POST", "/api/profiles/mine", { llm: { model: "openai/gpt-4o", api_key: "sk-1" } });
  await ask("POST", "/api/profiles/mine/activate");
  await ask("DELETE", "/api/profiles/demo");
  await ask("GET", "/");
  expect((await profiles()).profiles).toMatchObject([{ name: "mine" }]);
});

it("leaves alone who has a profile", async () => {
  const { ask, profiles } = await open();
  await ask("POST", "/api/profiles/mine", { llm: { model: "openai/gpt-4o", api_key: "sk-1" } });
  await ask("GET", "/");
  expect(await profiles()).toMatchObject({ profiles: [{ name: "mine" }], active_profile: null });
});

it.each([{ api_key: "sk-1" }, { base_url: "http://127.0.0.1:9/v1" }])(
  "leaves alone who has a model in the settings: %j",
  async (llm) => {
    const { ask, profiles } = await open();
    const changed = await ask("PATCH", "/api/settings", {
      agent_settings_diff: { llm: { model: "openai/x", ...llm } },
    });
    expect(changed.status).toBe(200);
    await ask("GET", "/");
    expect(await profiles()).toEqual({ profiles: [], active_profile: null });
  },
);

it("leaves alone whose provider key is in the environment", async () => {
  const { ask, profiles } = await open({ environment: { OPENAI_API_KEY: "sk-1" } });
  await ask("GET", "/");
  expect((await profiles()).profiles).toEqual([]);
});
