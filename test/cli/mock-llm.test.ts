import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { spawnCommand } from "./spawn-server.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-server-mock-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function start(script: unknown) {
  await writeFile(join(folder, "script.json"), JSON.stringify(script));
  const spawned = spawnCommand({ cwd: folder, args: ["mock-llm", "--script", "script.json"] });
  const ended = new Promise<number | null>((done) => spawned.process.on("close", done));
  for (;;) {
    const origin = /^Scripted model\s+(\S+)$/m.exec(spawned.stdout())?.[1];
    if (origin !== undefined) return { ...spawned, origin, ended };
    if (spawned.process.exitCode !== null) return { ...spawned, origin: "", ended };
    await new Promise((done) => setTimeout(done, 20));
  }
}

async function ask(origin: string, body: object) {
  const response = await fetch(`${origin}/v1/chat/completions`, {
    method: "POST",
    body: JSON.stringify(body),
  });
  return {
    status: response.status,
    retryAfter: response.headers.get("retry-after"),
    text: await response.text(),
  };
}

it("mock-llm serves a script, side calls by rule, and says what was left over", async () => {
  const mock = await start({
    steps: [
      [
        { think: "Hm" },
        "Hello",
        { call: "terminal", arguments: { command: "ls" } },
        { usage: { prompt_tokens: 7 } },
      ],
      { fail: "rate_limit", retry_after: 3 },
      "Never asked for",
    ],
    side_calls: "A title",
  });
  const tools = [{ type: "function", function: { name: "terminal" } }];
  const reply = JSON.parse((await ask(mock.origin, { messages: [], tools })).text);
  expect(reply.choices[0].message).toMatchObject({
    content: "Hello",
    tool_calls: [{ function: { name: "terminal", arguments: '{"command":"ls"}' } }],
  });
  expect(reply.usage.prompt_tokens).toBe(7);
  expect((await ask(mock.origin, { messages: [] })).text).toContain("A title");
  expect(await ask(mock.origin, { messages: [], tools })).toMatchObject({ status: 429, retryAfter: "3" });
  mock.process.kill("SIGTERM");
  expect(await mock.ended).toBe(1);
  expect(mock.stderr()).toContain("1 of 3 steps were not played");
});

it("mock-llm names the step it cannot read", async () => {
  const mock = await start(["Hello", { shout: "Hello" }]);
  expect(await mock.ended).toBe(1);
  expect(mock.stderr()).toContain('script.json: steps[1]: {"shout":"Hello"} is not a step. Allowed: a text');
});
