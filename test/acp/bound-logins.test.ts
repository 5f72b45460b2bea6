import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { AcpBench } from "./acp-bench.ts";
import { ask, bind, codex, keepLogin, login, PAUSE } from "./kept-login.ts";

describe("a login that another server keeps", () => {
  it("is bound to a conversation, whose program signs in with it and renews it there", async () => {
    await using bench = await codex();
    const kept = { value: login("first"), version: "v" };
    await using place = await keepLogin(kept);
    expect(await bind(bench, place.address)).toBe(204);
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
    await using place = await keepLogin({ value: login("first"), version: "v" });
    await bind(bench, place.address);
    await bench.chat.send("say again");
    await bench.chat.expectFinished("again");
    expect(bench.recorded("start").map(({ params }) => Object.keys(params.env))).toEqual([
      [],
      ["CODEX_HOME"],
    ]);
  });

  it("is never replaced by another: once it is forgotten, the conversation waits for it", async () => {
    await using bench = await codex();
    await using place = await keepLogin({ value: login("first"), version: "v" });
    await bind(bench, place.address);
    await bench.chat.send("say hello");
    await bench.chat.expectFinished();
    expect(await ask(bench.server, ...PAUSE)).toMatchObject({ status: 204 });
    const secret = { name: "CODEX_AUTH_JSON", value: login("second") };
    expect(await ask(bench.server, "PUT", "/api/settings/secrets", secret)).toMatchObject({ status: 200 });
    await expect(bench.chat.send("say again")).rejects.toMatchObject({ code: "binding_required" });
    expect(bench.recorded("start")).toHaveLength(1);
    await bind(bench, place.address);
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
    await using place = await keepLogin({ value: "", version: "" }, { status });
    expect(await bind(bench, { url: place.address.url })).toBe(answered);
  });

  it.each(["{", "[]", '{"value":1,"version":"v"}', '{"value":"a","version":""}'])(
    "that is none is not bound: %s",
    async (body) => {
      await using bench = await codex();
      await using place = await keepLogin({ value: "", version: "" }, { body });
      expect(await bind(bench, { url: place.address.url })).toBe(422);
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
  expect(await ask(bench.server, ...PAUSE)).toMatchObject({ status: 204 });
  expect((await bench.server.conversations.get(bench.id)).execution_status).toBe("paused");
  await bench.chat.send("say again");
  await expect.poll(() => bench.recorded("session/load").length, { timeout: 60_000 }).toBe(1);
  await (await bench.server.conversations.open(bench.id)).interrupt();
});
