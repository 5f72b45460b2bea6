import { AssertionError } from "node:assert";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { createServer } from "node:net";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { defineTool, memoryStore } from "agent-server";
import {
  after,
  call,
  calls,
  createTestServer,
  fail,
  isSideCall,
  say,
  scriptedLlm,
  type TestServerOptions,
  usage,
  watchLeaks,
} from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { buildServer, weather } from "../../examples/05-custom-tool.ts";

const run = promisify(execFile);
const OSLO = [call("weather", { city: "Oslo" }), say("It is 21 °C in Oslo.")];

async function failureOf(promise: Promise<unknown>): Promise<AssertionError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(AssertionError);
  return error as AssertionError;
}

describe("a test server", () => {
  it("gives the same times and ids in every run", async () => {
    const runs = [];
    for (let run = 0; run < 2; run += 1) {
      await using server = await createTestServer({ llm: scriptedLlm(OSLO), tools: [weather] });
      const chat = await server.start("How warm is Oslo?");
      await chat.expectFinished();
      runs.push(JSON.stringify(chat.events).replaceAll(server.workingDir, ""));
    }
    expect(runs[0]).toBe(runs[1]);
    expect(runs[0]).toContain("00000000-0000-4000-8000-000000000003");
  });

  it("answers HTTP without a port, and listens on any free one", async () => {
    await using server = await createTestServer();
    expect((await server.fetch(new Request("http://localhost/health"))).status).toBe(200);
    const { url } = await server.listen();
    expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: "ok" });
  });

  it("runs built-in tools and models in a folder that goes with it", async () => {
    const server = await createTestServer({ tools: ["terminal", "file_editor", "task_tracker"] });
    const chat = await server.start("Have a look around.");
    await chat.expectToolCall("terminal", { command: /ls/ });
    await chat.expectFinished();
    expect(existsSync(`${server.workingDir}/NOTES.md`)).toBe(true);
    await server.close();
    expect(existsSync(server.workingDir)).toBe(false);
  });

  it("takes up a conversation of another server over the same store", async () => {
    await using server = await createTestServer({ llm: scriptedLlm(OSLO), tools: [weather] });
    const { id } = await server.start("How warm is Oslo?");
    const chat = await server.resume(id);
    await chat.expectToolCall("weather");
    await chat.expectFinished("21");
  });
});

it("05-custom-tool serves a conversation whose agent has the tool", async () => {
  await using folder = await createTestServer();
  const llm = scriptedLlm(OSLO);
  await using server = buildServer({
    store: memoryStore(),
    conversationsPath: folder.workingDir,
    createLlm: () => llm,
  });
  const { info } = await server.conversations.create({
    agent: { llm: { model: "scripted" }, tools: [{ name: "weather" }] },
    workspace: { working_dir: folder.workingDir },
    initial_message: { content: [{ type: "text", text: "How warm is Oslo?" }] },
    autotitle: false,
  });
  for await (const event of server.conversations.follow(info.id)) {
    if (event.kind === "ConversationStateUpdateEvent" && event.value === "finished") break;
  }
  expect(await server.conversations.agentFinalResponse(info.id)).toBe("It is 21 °C in Oslo.");
  expect(JSON.stringify(llm.requests[1]?.messages)).toContain("21 °C");
});

describe("expectations", () => {
  async function started(llm: ReturnType<typeof scriptedLlm>, options: TestServerOptions = {}) {
    const server = await createTestServer({ llm, tools: [weather], ...options });
    return { server, chat: await server.start("How warm is Oslo?") };
  }

  it("fail with the arguments that differ and the timeline", async () => {
    const { server, chat } = await started(scriptedLlm(OSLO));
    await using _ = server;
    const { message, stack } = await failureOf(chat.expectToolCall("weather", { city: "Bergen" }));
    expect(stack).toContain("test-server.test.ts");
    expect(message).toContain('city was "Oslo", not "Bergen"');
    expect(message).toMatch(/^ +\d+ {2}user +How warm is Oslo\?$/m);
    expect(message).toMatch(/^> +\d+ {2}call +weather \{"city":"Oslo"\}$/m);
  });

  it("fail at once when the run has stopped without what was expected", async () => {
    const { server, chat } = await started(scriptedLlm([say("No idea.")]), { patience: 60_000 });
    await using _ = server;
    const { message } = await failureOf(chat.expectToolCall("weather"));
    expect(message).toContain("there was none, and the run has stopped");
    expect(message).toMatch(/agent +No idea\.\n +\d+ {2}status +finished/);
  });

  it("fail when the run takes longer than their patience", async () => {
    const { server, chat } = await started(scriptedLlm([after(60_000, say("…"))]), { patience: 50 });
    await using _ = server;
    expect((await failureOf(chat.expectFinished())).message).toContain("it did not happen within 50 ms");
  });

  it("show a call that nobody scripted", async () => {
    const { server, chat } = await started(scriptedLlm([call("weather", { city: "Oslo" })]));
    await using _ = server;
    const { message } = await failureOf(chat.expectFinished());
    expect(message).toContain("to be finished, but it is error");
    expect(message).toMatch(/failure +Error: scripted model: call 2 is not scripted/);
  });

  it("take up calls and results side by side", async () => {
    const llm = scriptedLlm([
      calls(["weather", { city: "Oslo" }], ["weather", { city: "Atlantis" }], ["think", { thought: "Hm" }]),
      [say("Done."), usage({ prompt_tokens: 7 }, { cost: 0.25 })],
      [say("Again."), usage({}, { cost: 0.5 })],
    ]);
    const { server, chat } = await started(llm);
    await using _ = server;
    await chat.expectToolCall("weather", { city: /oslo/i });
    await chat.expectObservation("weather", "21");
    await chat.expectToolCall("weather", { city: (city: string) => city.length > 4 });
    await chat.expectToolError("weather", /No station/);
    await chat.expectToolCall("think");
    await chat.expectMessage("Done");
    await chat.expectCost(0.25);
    await chat.send("Once more");
    await chat.expectFinished("Again");
    await chat.expectCost({ atMost: 0.75 });
    expect((await failureOf(chat.expectCost(0.1))).message).toContain("it was $0.75");
  });

  it("carry out what the user agrees to, and not what the user refuses", async () => {
    const llm = scriptedLlm([
      call("weather", { city: "Oslo" }),
      call("weather", { city: "Bergen" }),
      say("Only Oslo then."),
    ]);
    const server = await createTestServer({ llm, tools: [weather] });
    await using _ = server;
    const chat = await server.start("And both?", { confirmation_policy: { kind: "AlwaysConfirm" } });
    await chat.confirm();
    await chat.expectObservation("weather", "21");
    await chat.reject("Bergen is wet anyway");
    expect(chat.timeline()).toMatch(/rejected +weather: Bergen is wet anyway$/m);
    await chat.run();
    await chat.expectFinished("Only Oslo");
    expect((await failureOf(chat.confirm())).message).toContain("to be waiting_for_confirmation");
  });

  it("wait for failures of the model", async () => {
    const { server, chat } = await started(scriptedLlm([fail("authentication")]));
    await using _ = server;
    await chat.expectFailed(/LLMAuthenticationError: Your LLM API key appears to be invalid/);
  });
});

describe("the leak check", () => {
  it("names a process that was left behind", async () => {
    const leaks = await watchLeaks();
    const child = spawn("sleep", ["60"], { stdio: "ignore" });
    await expect(leaks.assertNone()).rejects.toThrow(/process \d+: sleep 60/);
    child.kill();
    await leaks.assertNone();
  });

  it("names handles and files that were left open", async () => {
    const leaks = await watchLeaks();
    const listener = createServer().listen(0);
    const file = await open(import.meta.filename);
    await expect(leaks.assertNone()).rejects.toThrow(
      /1 handle of type TCPServerWrap[\s\S]*descriptor \d+: .*test-server\.test\.ts/,
    );
    listener.close();
    await file.close();
    await leaks.assertNone();
  });

  it("ignores the standard streams, which Node opens when a script first prints", async () => {
    const script = `
      import { watchLeaks } from "${pathToFileURL(resolve("src/testing/leaks.ts"))}";
      const leaks = await watchLeaks();
      console.log("first line");
      console.error("first line");
      await leaks.assertNone();
    `;
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", script]);
    expect(stdout).toBe("first line\n");
  });

  it("ignores the descriptor that Node keeps from its first stream on", async () => {
    const script = `
      import { createServer } from "node:net";
      import { watchLeaks } from "${pathToFileURL(resolve("src/testing/leaks.ts"))}";
      const leaks = await watchLeaks();
      const server = createServer().listen(0, () => server.close());
      await leaks.assertNone();
    `;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", script], { stdio: "ignore" });
    expect(await once(child, "close")).toEqual([0, null]);
  });

  it("fails the end of a test whose tool leaves something behind", async () => {
    const children: ChildProcess[] = [];
    const forgetful = defineTool({
      name: "forgetful",
      description: "Starts something and forgets it",
      input: z.object({}),
      run() {
        children.push(spawn("sleep", ["60"], { stdio: "ignore" }));
        return "started";
      },
    });
    const llm = scriptedLlm([call("forgetful"), say("Done.")]);
    const server = await createTestServer({ llm, tools: [forgetful] });
    await (await server.start("Go")).expectFinished();
    await expect(server.close()).rejects.toThrow(/left behind:[\s\S]*sleep 60/);
    children[0]?.kill();
  });
});

it("side calls are answered by rule, wherever they come", async () => {
  const llm = scriptedLlm(OSLO, { rules: [{ when: isSideCall, step: say("☀️ Weather in Oslo") }] });
  await using server = await createTestServer({ llm, tools: [weather] });
  const chat = await server.start("How warm is Oslo?", { autotitle: true });
  await chat.expectFinished("21");
  await expect.poll(async () => (await server.conversations.get(chat.id)).title).toBe("☀️ Weather in Oslo");
  expect(llm.requests).toHaveLength(3);
  llm.assertDone();
});
