import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { AcpBench } from "./acp-bench.ts";

interface Kept {
  value: string;
  version: string;
}

/** A server that keeps a login for those who have the token, and answers with a status of its own if there is one. */
async function open(kept: Kept, answer: { status?: number; body?: string } = {}) {
  const place = createServer(async (request, response) => {
    const { status = 200, body } = answer;
    if (status !== 200 || body !== undefined) return response.writeHead(status).end(body);
    if (request.headers.authorization !== "Bearer admitted") return response.writeHead(401).end();
    if (request.method === "PUT") {
      const { expected_version: expected, value } = JSON.parse(await text(request)) as Record<string, string>;
      if (expected !== kept.version) return response.writeHead(409).end();
      Object.assign(kept, { value, version: `${kept.version}+` });
    }
    response.end(JSON.stringify(kept));
  });
  await new Promise<void>((done) => place.listen(0, "127.0.0.1", done));
  const close = async () => {
    place.closeAllConnections();
    await new Promise((done) => place.close(done));
  };
  const { port } = place.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/login`, [Symbol.asyncDispose]: close };
}

describe("a login that another server keeps", () => {
  it("is bound to a conversation, whose program signs in with it and renews it there", async () => {
    await using bench = await codex();
    const kept = { value: login("first"), version: "v" };
    await using place = await open(kept);
    expect(await bind(bench, { url: place.url, headers: { Authorization: "Bearer admitted" } })).toBe(204);
    await bench.chat.send("say hello");
    await bench.chat.expectFinished();
    const file = join(bench.recorded("start")[0]?.params.env.CODEX_HOME, "auth.json");
    expect(readFileSync(file, "utf8")).toBe(login("first"));
    await bench.chat.send(`login ${login("second")}\nsay a-second-token`);
    expect(await bench.chat.expectFinished()).toBe("<secret-hidden>");
    expect(kept).toEqual({ value: login("second"), version: "v+" });
  });

  it("reaches a program that works without it already: it is started again", async () => {
    await using bench = await codex();
    await bench.chat.send("say hello");
    await bench.chat.expectFinished();
    await using place = await open({ value: login("first"), version: "v" });
    await bind(bench, { url: place.url, headers: { Authorization: "Bearer admitted" } });
    await bench.chat.send("say again");
    await bench.chat.expectFinished("again");
    expect(bench.recorded("start").map(({ params }) => Object.keys(params.env))).toEqual([
      [],
      ["CODEX_HOME"],
    ]);
  });

  it("is never replaced by another: once it is forgotten, the conversation waits for it", async () => {
    await using bench = await codex();
    await using place = await open({ value: login("first"), version: "v" });
    const address = { url: place.url, headers: { Authorization: "Bearer admitted" } };
    await bind(bench, address);
    await bench.chat.send("say hello");
    await bench.chat.expectFinished();
    const paused = await ask(bench, "POST", "/api/conversations/prepare-for-sandbox-pause");
    expect(paused).toBe(204);
    const secret = { name: "CODEX_AUTH_JSON", value: login("second") };
    expect(await ask(bench, "PUT", "/api/settings/secrets", secret)).toBe(200);
    await bench.chat.send("say again");
    await bench.chat.expectFailed("ACPAuthRequired: credential_binding_activation_required");
    expect(bench.recorded("start")).toHaveLength(1);
    await bind(bench, address);
    await bench.chat.send("say at last");
    await bench.chat.expectFinished("at last");
  });

  it.each([
    [401, 403],
    [404, 422],
    [409, 409],
    [422, 422],
    [500, 502],
    [501, 501],
  ])("that its server answers with %i for is not bound: %i", async (status, answered) => {
    await using bench = await codex();
    await using place = await open({ value: "", version: "" }, { status });
    expect(await bind(bench, { url: place.url })).toBe(answered);
  });

  it.each(["{", "[]", '{"value":1,"version":"v"}', '{"value":"a","version":""}'])(
    "that is none is not bound: %s",
    async (body) => {
      await using bench = await codex();
      await using place = await open({ value: "", version: "" }, { body });
      expect(await bind(bench, { url: place.url })).toBe(422);
    },
  );

  it("is that of Codex, at an address, with few headers", async () => {
    await using bench = await codex();
    const url = "http://127.0.0.1:9/login";
    expect(await bind(bench, { url }, "OTHER")).toBe(404);
    expect(await bind(bench, { url: "file:///etc/passwd" })).toBe(422);
    expect(await bind(bench, { url, headers: { A: "" } })).toBe(422);
    expect(await bind(bench, { url: "http://169.254.169.254/latest" })).toBe(502);
  });
});

it("a server that is about to be paused ends its runs and programs, and goes on when it is used again", async () => {
  await using bench = await AcpBench.open({ args: ["--sessions=@/sessions"] });
  await bench.chat.send("hang");
  await expect.poll(() => bench.recorded("session/prompt").length, { timeout: 60_000 }).toBe(1);
  expect(await ask(bench, "POST", "/api/conversations/prepare-for-sandbox-pause")).toBe(204);
  expect((await bench.server.conversations.get(bench.id)).execution_status).toBe("paused");
  await bench.chat.send("say again");
  await expect.poll(() => bench.recorded("session/load").length, { timeout: 60_000 }).toBe(1);
  await (await bench.server.conversations.open(bench.id)).interrupt();
});

function codex(): Promise<AcpBench> {
  return AcpBench.open({
    agent: { acp_server: "codex" },
    args: ["--env=CODEX_HOME", "--sessions=@/sessions"],
  });
}

function login(word: "first" | "second"): string {
  const tokens = { access_token: `a-${word}-token`, refresh_token: `r-${word}-token` };
  return JSON.stringify({ auth_mode: "chatgpt", tokens });
}

function bind(bench: AcpBench, address: object, name = "CODEX_AUTH_JSON"): Promise<number> {
  return ask(bench, "PUT", `/api/conversations/${bench.id}/credential-bindings/${name}`, address);
}

async function ask({ server }: AcpBench, method: string, path: string, body?: object): Promise<number> {
  const headers = { "content-type": "application/json" };
  const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) };
  return (await server.fetch(new Request(`http://localhost${path}`, init))).status;
}
