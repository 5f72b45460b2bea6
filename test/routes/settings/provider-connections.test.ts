import { memoryStore, type Store } from "agent-server";
import { describe, expect, it } from "vitest";
import { mortalStore } from "../../../src/testing/mortal-store.ts";
import { type Ask, openServer } from "./open-server.ts";

const PATH = "/api/llm/provider-connections";
const KEY = "sk-shared-4711";

function openOn(store: Store, secretKey?: string, previousSecretKeys: string[] = []): Ask {
  const { store: kept } = mortalStore(store, Number.POSITIVE_INFINITY);
  return openServer({ store: kept, secretKey, previousSecretKeys });
}

const create = (ask: Ask, fields = {}) =>
  ask("POST", PATH, { display_name: "Mine", api_key: KEY, ...fields });

describe("provider connections", () => {
  it("are made, listed in the order of their making, changed and removed, and no answer has the key", async () => {
    const ask = openServer();
    expect(await ask("GET", PATH)).toEqual({ status: 200, body: [] });
    const made = await create(ask, { base_url: "https://models.test/v1" });
    expect(made).toEqual({
      status: 201,
      body: {
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        display_name: "Mine",
        provider: "custom",
        base_url: "https://models.test/v1",
        created_at: expect.any(Number),
        updated_at: expect.any(Number),
        api_key_set: true,
      },
    });
    expect(Number.isInteger(made.body.created_at)).toBe(true);
    const { id } = made.body;
    const other = await create(ask, { display_name: "Another", provider: "openai" });
    const changed = await ask("PATCH", `${PATH}/${id}`, { base_url: null, api_key: "sk-new" });
    expect(changed.body).toMatchObject({ id, display_name: "Mine", base_url: null, api_key_set: true });
    expect((await ask("GET", PATH)).body).toEqual([changed.body, other.body]);
    const removed = await ask("DELETE", `${PATH}/${id}`);
    expect(removed).toEqual({ status: 200, body: { ...changed.body, api_key_set: false } });
    expect((await ask("GET", PATH)).body).toEqual([other.body]);
    expect(JSON.stringify([made, changed, removed])).not.toMatch(/sk-/);
  });

  it("that are not there are not found", async () => {
    const ask = openServer();
    const unknown = { status: 404, body: { detail: "Provider connection 'nope' not found" } };
    expect(await ask("PATCH", `${PATH}/nope`, { provider: "x" })).toEqual(unknown);
    expect(await ask("DELETE", `${PATH}/nope`)).toEqual(unknown);
  });

  it.each([
    ["no key", { api_key: undefined }],
    ["a blank key", { api_key: "  " }],
    ["a mask for a key", { api_key: "**********" }],
    ["an empty name", { display_name: "" }],
    ["a long name", { display_name: "x".repeat(129) }],
    ["an empty provider", { provider: "" }],
    ["a long address", { base_url: `https://${"x".repeat(2_048)}` }],
    ["a field that there is not", { id: "mine" }],
  ])("with %s are refused, and the refusal does not repeat the key", async (_, wrong) => {
    const ask = openServer();
    const { status, body } = await create(ask, wrong);
    expect([status, JSON.stringify(body).includes(KEY)]).toEqual([422, false]);
    expect((await ask("GET", PATH)).body).toEqual([]);
  });

  it("are changed by at least one field, and lose neither name nor key", async () => {
    const ask = openServer();
    const { id } = (await create(ask)).body;
    const patch = async (body: object) => (await ask("PATCH", `${PATH}/${id}`, body)).body.detail;
    expect(await patch({})).toBe("Provide at least one provider connection field to update");
    expect(await patch({ api_key: null })).toBe("api_key cannot be cleared; provide a new key to rotate it");
    expect(await patch({ display_name: null })).toMatchObject([
      { type: "value_error", loc: ["body"], msg: "Value error, display_name cannot be set to null" },
    ]);
    expect(await patch({ api_key: "**********" })).toMatchObject([{ loc: ["body", "api_key"] }]);
  });

  it("are at most 64", async () => {
    const ask = openServer();
    const made = await Promise.all([...Array(66)].map(() => create(ask)));
    expect(made.filter(({ status }) => status === 201)).toHaveLength(64);
    expect(await create(ask)).toEqual({
      status: 409,
      body: { detail: "Provider connection limit reached (64). Delete one before adding another." },
    });
  });

  it("stay while an LLM profile or the settings refer to them", async () => {
    const store = memoryStore();
    const ask = openServer({ store });
    const { id } = (await create(ask)).body;
    const keep = (kind: string, name: string, value: object) =>
      store.documents.write([{ kind, name, json: JSON.stringify(value), expected: null }]);
    for (const name of ["z", "a"]) {
      await keep("llm-profile", name, { model: "m", provider_connection_id: id });
    }
    await keep("llm-profile", "other", { model: "m", provider_connection_id: "another" });
    await keep("llm-profile", "none", { model: "m" });
    const start = "Provider connection cannot be deleted while it is";
    const end = "Update those references before deleting it.";
    const refusal = async () => (await ask("DELETE", `${PATH}/${id}`)).body.detail;
    expect(await refusal()).toBe(`${start} referenced by LLM profile(s): a, z. ${end}`);
    await keep("settings", "settings", { agent_settings: { llm: { provider_connection_id: id } } });
    expect(await refusal()).toBe(
      `${start} referenced by LLM profile(s): a, z and referenced by the active agent settings. ${end}`,
    );
    expect((await ask("GET", PATH)).body).toHaveLength(1);
  });

  it("of another secret key are refused, and nothing of them is changed", async () => {
    const store = memoryStore();
    const { id } = (await create(openOn(store, "right"))).body;
    const before = await store.documents.list("provider-connection");
    expect(JSON.stringify(before)).not.toContain(KEY);
    const wrong = openOn(store, "wrong");
    for (const answer of [
      await wrong("GET", PATH),
      await create(wrong),
      await wrong("PATCH", `${PATH}/${id}`, { api_key: "sk-new" }),
      await wrong("DELETE", `${PATH}/${id}`),
    ]) {
      expect([answer.status, answer.body.detail]).toEqual([400, expect.stringContaining("OH_SECRET_KEY")]);
    }
    expect(await store.documents.list("provider-connection")).toEqual(before);
    const rotated = openOn(store, "new", ["right"]);
    expect((await rotated("PATCH", `${PATH}/${id}`, { provider: "openai" })).status).toBe(200);
    expect((await openOn(store, "new")("GET", PATH)).body).toHaveLength(1);
  });

  it("give LLM profiles their key, also a new one, for as long as the profiles refer to them", async () => {
    const ask = openServer();
    const { id } = (await create(ask, { base_url: "https://models.test" })).body;
    const llm = { model: "openai/x", api_key: "sk-own", provider_connection_id: id };
    await ask("POST", "/api/profiles/linked", { llm, include_secrets: true });
    const inClear = async () =>
      (await ask("GET", "/api/profiles/linked", undefined, { "X-Expose-Secrets": "plaintext" })).body.config;
    expect(await inClear()).toMatchObject({ api_key: KEY, base_url: "https://models.test" });
    await ask("PATCH", `${PATH}/${id}`, { api_key: "sk-rotated", base_url: null });
    expect(await inClear()).toMatchObject({ api_key: "sk-rotated", base_url: null });
    expect((await ask("DELETE", `${PATH}/${id}`)).status).toBe(409);
    await ask("DELETE", "/api/profiles/linked");
    expect((await ask("DELETE", `${PATH}/${id}`)).status).toBe(200);
  });
});
