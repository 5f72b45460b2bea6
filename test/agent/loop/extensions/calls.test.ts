import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineTool, type LoopExtension, sqliteStore } from "agent-server";
import {
  call,
  createTestServer,
  fixedClock,
  say,
  scriptedLlm,
  type TestServerOptions,
} from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { echo, inWords } from "../harness.ts";
import { never } from "./never.ts";

type Script = Parameters<typeof scriptedLlm>[0];

/** A server whose agent plays the script with the tool `echo`. */
async function open(script: Script, extensions: LoopExtension[], options: TestServerOptions = {}) {
  const llm = scriptedLlm(script);
  const server = await createTestServer({ llm, tools: [echo], extensions, ...options });
  return { server, llm };
}

const noSecrets: LoopExtension = {
  name: "no-secrets",
  beforeTool: (action) =>
    action.tool_call.arguments.includes("secret") ? { refuse: "Secrets stay here." } : undefined,
};

const failing: LoopExtension = {
  name: "broken",
  beforeTool: () => {
    throw new Error("no policy");
  },
};

describe("before a tool, an extension", () => {
  it("refuses a call with a reason, which the model and the user read; other calls run", async () => {
    const script = [[call("echo", { text: "secret" }), call("echo", { text: "public" })], say("I see.")];
    const { server, llm } = await open(script, [noSecrets]);
    await using _ = server;
    const chat = await server.start("Go.");
    await chat.expectFinished("I see.");

    const rejection = chat.events.find(({ kind }) => kind === "UserRejectObservation");
    expect(rejection).toMatchObject({ rejection_reason: "Secrets stay here.", rejection_source: "hook" });
    const results = llm.requests[1]?.messages.slice(-2).map(({ content }) => content);
    expect(results).toMatchObject([[{ text: "Action rejected: Secrets stay here." }], [{ text: "public" }]]);
    expect((await server.conversations.get(chat.id)).blocked_actions).toEqual({});
  });

  it("refuses the call when it throws", async () => {
    const { server } = await open([call("echo", { text: "a" }), say("Then not.")], [failing]);
    await using _ = server;
    const chat = await server.start("Go.");
    await chat.expectFinished("Then not.");
    expect(chat.events.map(inWords)).toContain("rejected echo: Extension 'broken' failed: no policy");
  });

  it("keeps the agent from finishing by refusing its finish call", async () => {
    const notYet: LoopExtension = {
      name: "not-yet",
      beforeTool: ({ tool_name }) => (tool_name === "finish" ? { refuse: "Not yet." } : undefined),
    };
    const { server } = await open([call("finish", { message: "Done." }), say("What is left?")], [notYet]);
    await using _ = server;
    const chat = await server.start("Go.");
    await chat.expectFinished("What is left?");
  });

  it("is asked in the order of the list, up to the first that refuses; its events come first", async () => {
    const asked: string[] = [];
    const note = (name: string, refuse?: string): LoopExtension => ({
      name,
      beforeTool: () => {
        asked.push(name);
        return {
          events: [{ kind: "ConversationErrorEvent", source: "hook", code: name, detail: "asked" }],
          ...(refuse !== undefined && { refuse }),
        };
      },
    });
    const extensions = [note("first"), note("second", "no"), note("third")];
    const { server } = await open([call("echo", { text: "a" }), say("ok")], extensions);
    await using _ = server;
    const chat = await server.start("Go.");
    await chat.expectFinished();
    expect(asked).toEqual(["first", "second"]);
    expect(
      chat.events
        .map(inWords)
        .filter((line) => !/^state/.test(line))
        .slice(3),
    ).toEqual([
      "call echo",
      "failed first: asked",
      "failed second: asked",
      "rejected echo: no",
      "agent: ok",
      "status finished",
    ]);
  });

  it("is asked before the user is: nobody confirms what will be refused", async () => {
    const { server } = await open([call("echo", { text: "secret" }), say("ok")], [noSecrets]);
    await using _ = server;
    const chat = await server.start("Go.", { confirmation_policy: { kind: "AlwaysConfirm" } });
    await chat.expectFinished("ok");
  });

  it("leaves no refusal behind when the user rejects the other calls of the reply", async () => {
    const script = [[call("echo", { text: "secret" }), call("echo", { text: "public" })]];
    const { server } = await open(script, [noSecrets]);
    await using _ = server;
    const chat = await server.start("Go.", { confirmation_policy: { kind: "AlwaysConfirm" } });
    await chat.reject("No.");
    expect(chat.events.map(inWords).slice(-2)).toEqual(["rejected echo: No.", "rejected echo: No."]);
    expect((await server.conversations.get(chat.id)).blocked_actions).toEqual({});
  });

  it("is asked once about a call that the user confirms later", async () => {
    const asked: string[] = [];
    const counting: LoopExtension = { name: "counting", beforeTool: ({ id }) => void asked.push(id) };
    const { server } = await open([call("echo", { text: "a" }), say("ok")], [counting]);
    await using _ = server;
    const chat = await server.start("Go.", { confirmation_policy: { kind: "AlwaysConfirm" } });
    await chat.confirm();
    await chat.expectFinished("ok");
    expect(asked).toHaveLength(1);
  });

  it("is asked about a confirmed call again when the server was restarted in between", async () => {
    const folder = await mkdtemp(join(tmpdir(), "extensions-"));
    const path = join(folder, "store.db");
    const llm = scriptedLlm([call("echo", { text: "secret" }), say("ok")]);
    const shared = { llm, tools: [echo], workingDir: folder, clock: fixedClock() };
    const first = await createTestServer({ ...shared, store: sqliteStore({ path }) });
    const chat = await first.start("Go.", { confirmation_policy: { kind: "AlwaysConfirm" } });
    await chat.expectWaiting();
    await first.close();

    await using second = await createTestServer({
      ...shared,
      store: sqliteStore({ path }),
      extensions: [noSecrets],
    });
    const resumed = await second.resume(chat.id);
    await resumed.confirm();
    await resumed.expectFinished("ok");
    expect(resumed.events.map(inWords)).toContain("rejected echo: Secrets stay here.");
    await rm(folder, { recursive: true });
  });

  it("does not hold up an interrupt: the call is answered and never runs", async () => {
    const waiting = never();
    const { server } = await open(
      [call("echo", { text: "a" })],
      [{ name: "slow", beforeTool: () => waiting.promise() }],
    );
    await using _ = server;
    const chat = await server.start("Go.");
    await waiting.begun;
    await (await server.conversations.open(chat.id)).interrupt();
    await chat.expectStatus("paused");
    expect(chat.events.map(inWords)).toContain(
      "error echo: Tool call interrupted before completion. The conversation was paused.",
    );
  });

  it("keeps what it has said when an interrupt cuts off the one behind it", async () => {
    const waiting = never();
    const noting: LoopExtension = {
      name: "noting",
      beforeTool: () => ({
        events: [{ kind: "ConversationErrorEvent", source: "hook", code: "noting", detail: "asked" }],
      }),
    };
    const slow: LoopExtension = { name: "slow", beforeTool: () => waiting.promise() };
    const { server } = await open([call("echo", { text: "a" })], [noting, slow]);
    await using _ = server;
    const chat = await server.start("Go.");
    await waiting.begun;
    await (await server.conversations.open(chat.id)).interrupt();
    await chat.expectStatus("paused");
    expect(chat.events.map(inWords)).toContain("failed noting: asked");
    expect(chat.events.map(inWords)).toContain(
      "error echo: Tool call interrupted before completion. The conversation was paused.",
    );
  });
});

describe("after a tool, an extension", () => {
  it("adds texts that the model reads, and events behind the result", async () => {
    const linter: LoopExtension = {
      name: "linter",
      afterTool: ({ action, result }) => ({
        extendedContent: [`${action.tool_name} gave ${result.extended_content?.length} notes`],
        events: [{ kind: "ConversationErrorEvent", source: "hook", code: "Lint", detail: "one warning" }],
        state: { agent_state: { lint: 1 } },
      }),
    };
    const { server, llm } = await open([call("echo", { text: "a" }), say("ok")], [linter, linter]);
    await using _ = server;
    const chat = await server.start("Go.");
    await chat.expectFinished();
    expect(llm.requests[1]?.messages.at(-1)?.content).toMatchObject([
      { text: "a" },
      { text: "echo gave 0 notes" },
      { text: "echo gave 1 notes" },
    ]);
    const lines = chat.events.map(inWords);
    const result = lines.indexOf("result echo: a");
    expect(lines.slice(result - 1, result + 3)).toEqual([
      "state agent_state",
      "result echo: a",
      "failed Lint: one warning",
      "failed Lint: one warning",
    ]);
  });

  it("is asked in the order of the calls, however long each took", async () => {
    const gate = Promise.withResolvers<void>();
    const wait = defineTool({
      name: "wait",
      description: "Waits for the other call.",
      input: z.object({}),
      resources: () => [],
      run: async () => {
        await gate.promise;
        return "waited";
      },
    });
    const opener = defineTool({
      name: "open",
      description: "Lets the other call end.",
      input: z.object({}),
      resources: () => [],
      run: () => {
        setTimeout(gate.resolve, 5);
        return "opened";
      },
    });
    const asked: string[] = [];
    const extensions: LoopExtension[] = [
      { name: "order", afterTool: ({ action }) => void asked.push(action.tool_name) },
    ];
    const llm = scriptedLlm([[call("wait"), call("open")], say("ok")]);
    await using server = await createTestServer({ llm, tools: [wait, opener], extensions });
    const chat = await server.start("Go.", { agent: { tool_concurrency_limit: 2 } });
    await chat.expectFinished();
    expect(asked).toEqual(["wait", "open"]);
  });

  it("leaves the result as it is when it throws, and its error follows", async () => {
    const broken: LoopExtension = {
      name: "broken",
      afterTool: () => {
        throw new Error("no disk");
      },
    };
    const { server } = await open([call("echo", { text: "a" }), say("ok")], [broken]);
    await using _ = server;
    const chat = await server.start("Go.");
    await chat.expectFinished("ok");
    const lines = chat.events.map(inWords);
    expect(lines[lines.indexOf("result echo: a") + 1]).toBe(
      "failed ExtensionError: Extension 'broken' failed: no disk",
    );
  });

  it("does not hold up an interrupt: the result is stored", async () => {
    const waiting = never();
    const { server } = await open(
      [call("echo", { text: "a" })],
      [{ name: "slow", afterTool: () => waiting.promise() }],
    );
    await using _ = server;
    const chat = await server.start("Go.");
    await waiting.begun;
    await (await server.conversations.open(chat.id)).interrupt();
    await chat.expectStatus("paused");
    expect(chat.events.map(inWords)).toContain("result echo: a");
  });
});
