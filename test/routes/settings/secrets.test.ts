import { memoryStore, type Store } from "agent-server";
import { call, createTestServer, say, scriptedLlm } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { mortalStore } from "../../../src/testing/mortal-store.ts";
import { type Ask, openServer } from "./open-server.ts";

const PATH = "/api/settings/secrets";
const OTHER_KEY =
  "Secrets file is corrupted or encrypted with a different key: restore that key as OH_SECRET_KEY or add it to " +
  "OH_PREVIOUS_SECRET_KEYS; if it is gone, stop the server and drop what it encrypted with " +
  "`agent-server reseal --forget-unreadable`";

const put = (ask: Ask, name: string, value = "hush-4711", description?: string) =>
  ask("PUT", PATH, { name, value, description });
const names = async (ask: Ask) =>
  (await ask("GET", PATH)).body.secrets.map(({ name }: { name: string }) => name);

/** Servers in turn on one store, which none of them closes. */
function openOn(store: Store, secretKey?: string, previousSecretKeys: string[] = []): Ask {
  const kept = mortalStore(store, Number.POSITIVE_INFINITY);
  return openServer({ store: kept.store, secretKey, previousSecretKeys });
}

async function keptTexts(store: Store): Promise<string[]> {
  return (await store.documents.list("secret")).map(({ json }) => json);
}

describe("secrets that users keep on the server", () => {
  it("are listed without values in the order of their making, and read one by one as text", async () => {
    const ask = openServer();
    expect(await ask("GET", PATH)).toEqual({ status: 200, body: { secrets: [] } });
    expect(await put(ask, "ZETA", "first", "the last letter")).toEqual({
      status: 200,
      body: { name: "ZETA", description: "the last letter" },
    });
    await put(ask, "ALPHA", "snow ☃\nof two lines");
    await put(ask, "ZETA", "second");
    expect((await ask("GET", PATH)).body).toEqual({
      secrets: [
        { name: "ZETA", description: null },
        { name: "ALPHA", description: null },
      ],
    });
    expect(await ask("GET", `${PATH}/ALPHA`)).toEqual({ status: 200, body: "snow ☃\nof two lines" });
    expect(await ask("GET", `${PATH}/ZETA`)).toEqual({ status: 200, body: "second" });
    expect(await ask("DELETE", `${PATH}/ZETA`)).toEqual({ status: 200, body: { deleted: true } });
    expect(await ask("DELETE", `${PATH}/ZETA`)).toEqual({
      status: 404,
      body: { detail: "Secret not found" },
    });
    await put(ask, "ZETA");
    expect(await names(ask)).toEqual(["ALPHA", "ZETA"]);
  });

  it.each(["1A", "A-B", "", "A".repeat(65), "_A", "A B", "Ä", "A\n"])("are not named %j", async (name) => {
    const ask = openServer();
    const refused = { status: 422, body: { detail: expect.stringMatching(/^Invalid secret name format/) } };
    expect(await put(ask, name)).toEqual(refused);
    if (name !== "" && !name.includes("\n")) {
      for (const method of ["GET", "DELETE"])
        expect(await ask(method, `${PATH}/${encodeURIComponent(name)}`)).toEqual(refused);
    }
    expect(await names(ask)).toEqual([]);
  });

  it.each(["constructor", "toString", "A", `A${"b".repeat(63)}`])("may be named %s", async (name) => {
    const ask = openServer();
    expect((await ask("GET", `${PATH}/${name}`)).status).toBe(404);
    await put(ask, name, "v");
    expect((await ask("GET", `${PATH}/${name}`)).body).toBe("v");
  });

  it.each(["", "  \n", "**********", "x".repeat(65_537), "☃".repeat(22_000)])(
    "do not have a value that is blank, a mask or too long (%#)",
    async (value) => {
      const ask = openServer();
      expect(await put(ask, "A", value)).toMatchObject({ status: 422, body: { detail: expect.any(String) } });
      expect(await names(ask)).toEqual([]);
      await put(ask, "A", "x".repeat(65_536));
      expect((await ask("GET", `${PATH}/A`)).body).toHaveLength(65_536);
    },
  );

  it("are not repeated by a refusal of their body", async () => {
    const ask = openServer();
    for (const body of [
      { value: "hush-4711" },
      { name: "A", value: ["hush-4711"] },
      { name: 3, value: "hush-4711" },
      { name: "A", value: "hush-4711", description: 3 },
    ]) {
      const { status, body: refusal } = await ask("PUT", PATH, body);
      expect(status).toBe(422);
      expect(JSON.stringify(refusal)).not.toContain("hush-4711");
    }
  });

  it("need the key", async () => {
    const ask = openServer();
    await put(ask, "A");
    const wrong = { "X-Session-API-Key": "no" };
    for (const [method, path] of [
      ["GET", PATH],
      ["PUT", PATH],
      ["GET", `${PATH}/A`],
      ["DELETE", `${PATH}/A`],
    ] as const) {
      const body = method === "PUT" ? { name: "A", value: "x" } : undefined;
      expect((await ask(method, path, body, wrong)).status).toBe(401);
    }
    expect((await ask("GET", `${PATH}/A`)).body).toBe("hush-4711");
  });

  it("of an agent profile that there is not are not found", async () => {
    expect(await openServer()("GET", `${PATH}?agent_profile_id=nope`)).toEqual({
      status: 404,
      body: { detail: "Agent profile not found" },
    });
  });

  it("are listed by what an agent profile may use", async () => {
    const store = memoryStore();
    const ask = openServer({ store });
    await put(ask, "A");
    await put(ask, "B");
    const profiles = { some: ["B", "C"], all: null, none: [] };
    for (const [name, secret_refs] of Object.entries(profiles)) {
      const json = JSON.stringify({ id: `id-${name}`, secret_refs, schema_version: 4 });
      await store.documents.write([{ kind: "agent-profile", name, json, expected: null }]);
    }
    const listed = async (name: string) =>
      (await ask("GET", `${PATH}?agent_profile_id=id-${name}`)).body.secrets.length;
    expect([await listed("some"), await listed("all"), await listed("none")]).toEqual([1, 2, 0]);
  });

  it("set by many clients at the same moment are all kept", async () => {
    const ask = openServer();
    const all = [...Array(40).keys()].map((index) => `S${index}`);
    await Promise.all(all.map((name) => put(ask, name, name)));
    expect((await names(ask)).toSorted()).toEqual(all.toSorted());
  });
});

describe("with another secret key", () => {
  it("secrets are named but have no value, and no write changes what is kept", async () => {
    const store = memoryStore();
    const right = openOn(store, "right");
    await put(right, "A", "hush-4711", "kept");
    const before = await keptTexts(store);
    expect(before.join()).not.toContain("hush-4711");

    const wrong = openOn(store, "wrong");
    expect((await wrong("GET", PATH)).body).toEqual({ secrets: [{ name: "A", description: "kept" }] });
    expect((await wrong("GET", `${PATH}/A`)).status).toBe(404);
    const refused = {
      status: 500,
      body: { detail: "Internal Server Error", exception: `500: ${OTHER_KEY}` },
    };
    expect(await put(wrong, "A")).toEqual(refused);
    expect(await put(wrong, "B")).toEqual(refused);
    expect(await wrong("DELETE", `${PATH}/A`)).toEqual(refused);
    expect(await wrong("DELETE", `${PATH}/B`)).toEqual(refused);
    expect(await keptTexts(store)).toEqual(before);
    expect((await openOn(store, "right")("GET", `${PATH}/A`)).body).toBe("hush-4711");
  });

  it("that knows the former one, secrets are read and written", async () => {
    const store = memoryStore();
    await put(openOn(store, "old"), "A");
    const ask = openOn(store, "new", ["old"]);
    expect((await ask("GET", `${PATH}/A`)).body).toBe("hush-4711");
    expect((await put(ask, "B")).status).toBe(200);
    expect((await ask("DELETE", `${PATH}/A`)).status).toBe(200);
  });

  it("a damaged secret costs only itself", async () => {
    const store = memoryStore();
    const ask = openOn(store, "key");
    await put(ask, "A");
    await store.documents.write([{ kind: "secret", name: "BAD", json: "{", expected: null }]);
    expect(await names(ask)).toEqual(["A"]);
    expect((await ask("GET", `${PATH}/BAD`)).status).toBe(404);
    expect((await put(ask, "BAD")).status).toBe(500);
    expect((await put(ask, "B")).status).toBe(200);
    expect((await ask("DELETE", `${PATH}/A`)).status).toBe(200);
    expect(await keptTexts(store)).toContain("{");
  });
});

it("without a secret key secrets are kept in clear", async () => {
  const store = memoryStore();
  await put(openOn(store), "A");
  expect((await keptTexts(store)).join()).toContain("hush-4711");
  expect((await openOn(store)("GET", `${PATH}/A`)).body).toBe("hush-4711");
});

describe("in a conversation that looks them up by the server's address", () => {
  const steps = () => [
    call("terminal", { command: "echo TOKEN of $(expr length $TOKEN): $TOKEN" }),
    say("done"),
  ];

  it.each([
    ["relative, with the client's key", {}, { "X-Session-API-Key": "key" }],
    ["relative, with a key that is no longer valid", {}, { "X-Session-API-Key": "old" }],
    ["relative, below a base path", { basePath: "/agents" }, {}],
  ])("%s, commands have the value and no output shows it", async (_, options, headers) => {
    await using server = await createTestServer({
      apiKeys: ["key"],
      llm: scriptedLlm(steps()),
      tools: ["terminal"],
      ...options,
    });
    const base = "basePath" in options ? "http://localhost/agents" : "http://localhost";
    const kept = await server.fetch(
      new Request(`${base}${PATH}`, {
        method: "PUT",
        headers: { "X-Session-API-Key": "key", "content-type": "application/json" },
        body: JSON.stringify({ name: "TOKEN", value: "hush-4711" }),
      }),
    );
    expect(kept.status).toBe(200);
    const chat = await server.start("Go.", {
      secrets: { TOKEN: { kind: "LookupSecret", url: `${PATH}/TOKEN`, headers } },
    });
    await chat.expectObservation("terminal", "TOKEN of 9: <secret-hidden>");
    await chat.expectFinished("done");
    expect(JSON.stringify(chat.events)).not.toContain("hush-4711");
  });

  it("with a host that decides who may see them, the host is asked", async () => {
    const asked: (string | undefined)[] = [];
    await using server = await createTestServer({
      authenticate: (request) => {
        const key = request.headers.get("x-session-api-key") ?? undefined;
        if (request.url.includes(PATH)) asked.push(key);
        return key === "key";
      },
      llm: scriptedLlm([call("terminal", { command: 'echo "TOKEN: [$TOKEN]"' }), say("done")]),
      tools: ["terminal"],
    });
    const chat = await server.start("Go.", {
      secrets: {
        TOKEN: { kind: "LookupSecret", url: `${PATH}/TOKEN`, headers: { "X-Session-API-Key": "no" } },
      },
    });
    await chat.expectObservation("terminal", "TOKEN: []");
    expect(asked).toContain("no");
    await chat.expectFinished("done");
  });
});
