import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Llm } from "agent-server";
import {
  call,
  cassette,
  cassetteFetch,
  createTestServer,
  fail,
  say,
  scriptedLlm,
  startScriptedLlmServer,
} from "agent-server/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { text } from "../../src/wire/events/message.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-server-cassette-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const KEY = "sk-live-1234567890abcdefghij";
const SECRET = "correct horse battery";

function ask(llm: Llm, words: string) {
  const messages = [{ role: "user" as const, content: [text(words)] }];
  return llm.complete({ messages, tools: [], signal: new AbortController().signal });
}

const wordsOf = async (reply: ReturnType<Llm["complete"]>) => (await reply).message.content;

describe("a cassette", () => {
  it("plays a whole conversation again without its provider, in another folder", async () => {
    const path = join(folder, "conversation.json");
    const provider = await startScriptedLlmServer([
      ({ body }) => {
        const cwd = /\/[^\s"]*agent-server-test-\w{6}\/project/.exec(JSON.stringify(body))?.[0];
        return call("terminal", { command: `cd ${cwd} && pwd` });
      },
      say("It is empty."),
    ]);
    const model = { model: "openai/gpt-4o", base_url: provider.url, api_key: KEY };
    for (const mode of ["record", "replay"] as const) {
      const llm = cassette(path, { mode, llm: mode === "record" ? model : undefined });
      await using server = await createTestServer({ llm, tools: ["terminal"], leakCheck: false });
      const chat = await server.start(`Is anything in ${server.workingDir}?`);
      await chat.expectToolCall("terminal", { command: `cd ${server.workingDir} && pwd` });
      await chat.expectObservation("terminal", server.workingDir);
      await chat.expectFinished("empty");
      await provider.close();
    }
    const written = await readFile(path, "utf8");
    expect(written).toContain("{{folder}}/project");
    expect(written).not.toContain(KEY);
  });

  it("writes no secrets", async () => {
    const path = join(folder, "secrets.json");
    const llm = scriptedLlm(() => say(`Your key is ${KEY}, your password ${SECRET}`));
    const recorder = cassette(path, { mode: "record", llm, redact: [SECRET] });
    await ask(recorder, `I am ${SECRET}, my token is ghp_${"a1".repeat(18)}`);
    const written = await readFile(path, "utf8");
    expect(written).not.toMatch(/sk-live|correct horse|ghp_/);
    expect(written).toContain("Your key is <secret-hidden>, your password <secret-hidden>");
  });

  it("shows the nearest recorded request and where they part", async () => {
    const path = join(folder, "miss.json");
    const recorder = cassette(path, { mode: "record", llm: scriptedLlm([say("21"), say("14")]) });
    await ask(recorder, "How warm is Oslo?");
    await ask(recorder, "And Bergen?");
    await expect(ask(cassette(path, { mode: "replay" }), "And Rome?")).rejects.toThrow(
      /nearest of 2 is number \d; they differ at messages\[0\]\.content\[0\]\.text:\n {2}recorded: {2}.*\n {2}requested: "And Rome\?"/,
    );
  });

  it("adds what it does not have in mode auto, and asks for nothing twice", async () => {
    const path = join(folder, "auto.json");
    const llm = scriptedLlm([say("one"), say("two")]);
    for (const words of ["first", "first", "second"]) await ask(cassette(path, { mode: "auto", llm }), words);
    expect(llm.requests).toHaveLength(2);
    expect(await wordsOf(ask(cassette(path, { mode: "replay" }), "second"))).toMatchObject([{ text: "two" }]);
  });

  it("plays equal requests in the order of their replies", async () => {
    const path = join(folder, "order.json");
    const recorder = cassette(path, { mode: "record", llm: scriptedLlm([say("heads"), say("tails")]) });
    for (let toss = 0; toss < 2; toss += 1) await ask(recorder, "Toss");
    const player = cassette(path, { mode: "replay" });
    expect(await wordsOf(ask(player, "Toss"))).toMatchObject([{ text: "heads" }]);
    expect(await wordsOf(ask(player, "Toss"))).toMatchObject([{ text: "tails" }]);
  });

  it("plays failures by their names", async () => {
    const path = join(folder, "failure.json");
    const llm = scriptedLlm([fail("rate_limit", { retryAfter: 3 })]);
    await expect(ask(cassette(path, { mode: "record", llm }), "Hello")).rejects.toThrow("Rate limit");
    await expect(ask(cassette(path, { mode: "replay" }), "Hello")).rejects.toMatchObject({
      name: "LLMRateLimitError",
      retryable: true,
      retryAfter: 3,
    });
  });

  it("says how to record when there is nothing to replay", () => {
    expect(() => cassette(join(folder, "none.json"), { mode: "replay" })).toThrow(
      /this cassette does not exist; record/,
    );
  });
});

describe("a cassette for fetch", () => {
  it("plays responses again, without keys in address or headers", async () => {
    const path = join(folder, "fetch.json");
    let asked = 0;
    const provider: typeof fetch = async () => {
      asked += 1;
      return new Response("data: hello\n\n", {
        headers: { "content-type": "text/event-stream", "set-cookie": "a=1" },
      });
    };
    for (const mode of ["record", "replay"] as const) {
      const fetch = cassetteFetch(path, { mode, fetch: provider });
      const response = await fetch(`https://api.example/v1/models?key=${SECRET.replaceAll(" ", "+")}`, {
        method: "POST",
        headers: { authorization: `Bearer ${KEY}` },
        body: '{"b":1,"a":null}',
      });
      expect([response.headers.get("content-type"), await response.text()]).toEqual([
        "text/event-stream",
        "data: hello\n\n",
      ]);
    }
    expect(asked).toBe(1);
    expect(await readFile(path, "utf8")).not.toMatch(/correct|sk-live|cookie/);
  });
});
