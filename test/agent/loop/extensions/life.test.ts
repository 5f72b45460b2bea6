import {
  AgentServerError,
  defineTool,
  type ExtensionFactory,
  type Logger,
  type LoopExtension,
  text,
} from "agent-server";
import { call, createTestServer, say, scriptedLlm, type TestServer } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { echo, inWords } from "../harness.ts";
import { never } from "./never.ts";

const weather = defineTool({
  name: "weather",
  description: "Tells the weather.",
  input: z.object({}),
  run: () => "21 °C",
});

describe("tools of an extension", () => {
  it("that it adds at the start are listed in the system prompt", async () => {
    const llm = scriptedLlm([call("weather"), say("ok")]);
    const source: LoopExtension = { name: "source", start: ({ tools }) => void tools.add(weather) };
    await using server = await createTestServer({ llm, extensions: [source] });
    const chat = await server.start("Go.");
    await chat.expectObservation("weather", "21 °C");
    await chat.expectFinished();
    const prompt = chat.events.find((event) => event.kind === "SystemPromptEvent");
    expect(prompt?.tools.map(({ title }) => title)).toEqual(["finish", "think", "weather"]);
  });

  it("come and go during a run: the next call of the model sees it, later calls are answered", async () => {
    const llm = scriptedLlm([call("echo", { text: "a" }), call("weather"), call("weather"), say("ok")]);
    const source: LoopExtension = {
      name: "source",
      afterTool: async ({ action }, { tools }) => {
        if (action.tool_name === "echo") tools.add(weather);
        else await tools.remove("weather");
      },
    };
    await using server = await createTestServer({ llm, tools: [echo], extensions: [source] });
    const chat = await server.start("Go.");
    await chat.expectFinished("ok");
    const offered = llm.requests.map(({ tools }) => tools.some(({ name }) => name === "weather"));
    expect(offered).toEqual([false, true, false, false]);
    expect(chat.events.map(inWords)).toContain(
      "error weather: Tool 'weather' not found. Available: ['echo', 'finish', 'think']",
    );
  });
});

describe("the life of an extension", () => {
  it("begins when its conversation is first used and ends with it", async () => {
    const life: string[] = [];
    const extensions: ExtensionFactory = ({ conversationId, state }) => {
      life.push(`made for ${state.agent.llm.model}`);
      return [
        {
          name: "lively",
          start: () => {
            life.push("started");
            return { events: [tell("Welcome.")] };
          },
          close: (id) => {
            life.push(id === conversationId ? "closed" : "confused");
          },
        },
      ];
    };
    const server = await createTestServer({ llm: scriptedLlm([say("ok"), say("fine")]), extensions });
    const chat = await server.start();
    expect(life).toEqual([]);
    await chat.send("Go.");
    await chat.expectFinished("ok");
    await chat.send("On.");
    await chat.expectFinished("fine");
    expect(chat.events.slice(0, 3).map(inWords)).toEqual([
      "SystemPromptEvent",
      "environment: Welcome.",
      "user: Go.",
    ]);
    await server.close();
    expect(life).toEqual(["made for scripted", "started", "closed"]);
  });

  it("is one for all conversations when the server was given a list", async () => {
    const closed: string[] = [];
    const shared: LoopExtension = { name: "shared", close: (id) => void closed.push(id) };
    const server = await createTestServer({ llm: scriptedLlm([say("a"), say("b")]), extensions: [shared] });
    const chats = [await server.start("Go."), await server.start("Go.")];
    for (const chat of chats) await chat.expectFinished();
    await server.close();
    expect(closed.toSorted()).toEqual(chats.map(({ id }) => id).toSorted());
  });

  it("is tried anew after a start that failed; until then nothing runs without it", async () => {
    const life: string[] = [];
    let isBroken = true;
    const extensions: LoopExtension[] = [
      {
        name: "source",
        start: ({ tools }) => void tools.add(weather),
        close: () => void life.push("closed"),
      },
      {
        name: "broken",
        start: () => {
          if (isBroken) throw new Error("no policy");
        },
      },
    ];
    await using server = await createTestServer({ llm: scriptedLlm([say("ok")]), extensions });
    const chat = await server.start();
    await expect(chat.send("Go.")).rejects.toThrow("Extension 'broken' failed: no policy");
    expect(life).toEqual(["closed"]);
    isBroken = false;
    await chat.send("Go.");
    await chat.expectFinished("ok");
  });

  it("refuses the first message with a status of its choice", async () => {
    const down: LoopExtension = {
      name: "down",
      start: () => {
        throw new AgentServerError("unavailable", "The database is down");
      },
    };
    await using server = await createTestServer({ llm: scriptedLlm([]), extensions: [down] });
    const chat = await server.start();
    const response = await server.fetch(
      new Request(`http://localhost/api/conversations/${chat.id}/events`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ role: "user", content: [{ type: "text", text: "Go." }] }),
      }),
    );
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ exception: "503: The database is down" });
  });

  it("cannot be skipped by a factory that fails", async () => {
    const llm = scriptedLlm([]);
    const extensions = () => {
      throw new Error("no configuration");
    };
    await using server = await createTestServer({ llm, extensions });
    const chat = await server.start();
    await chat.run();
    await expect.poll(() => statusOf(server, chat.id)).toBe("error");
    expect(chat.events.at(-1)).toMatchObject({ code: "Error", detail: "no configuration" });
    expect(llm.requests).toEqual([]);
  });

  it("does not hold up an interrupt while it starts", async () => {
    const waiting = never();
    const slow: LoopExtension = { name: "slow", start: () => waiting.promise() };
    await using server = await createTestServer({ llm: scriptedLlm([]), extensions: [slow] });
    const chat = await server.start();
    await chat.run();
    await waiting.begun;
    await (await server.conversations.open(chat.id)).interrupt();
    await expect.poll(() => statusOf(server, chat.id)).toBe("paused");
  });

  it("is told of each run, of its beginning and its end: interrupted, failed or finished, and also when another throws", async () => {
    const told: string[] = [];
    const waiting = never();
    const broken: LoopExtension = {
      name: "broken",
      beforeRun: () => Promise.reject(new Error("not now")),
      afterRun: () => {
        throw new Error("not then");
      },
    };
    const listening: LoopExtension = {
      name: "listening",
      beforeRun: () => void told.push("begin"),
      afterRun: ({ state, signal }) =>
        void told.push(`${state.execution_status}${signal.aborted ? " by an interrupt" : ""}`),
    };
    const fails = () => {
      throw new Error("The model is gone");
    };
    const waits = async () => (await waiting.promise()) ?? say("Never said.");
    const llm = scriptedLlm([waits, fails, say("ok")]);
    await using server = await createTestServer({ llm, extensions: [broken, listening] });
    const chat = await server.start("Go.");
    await waiting.begun;
    await (await server.conversations.open(chat.id)).interrupt();
    expect(told).toEqual(["begin", "paused by an interrupt"]);
    await chat.run();
    await expect.poll(() => told.length).toBe(4);
    await chat.run();
    await expect
      .poll(() => told)
      .toEqual([...["begin", "paused by an interrupt"], ...["begin", "error"], ...["begin", "finished"]]);
  });

  it("ends with a line in the server's log when it cannot close", async () => {
    const warnings: unknown[] = [];
    const logger: Logger = {
      debug() {},
      info() {},
      warn: (fields, message) => warnings.push([fields, message]),
      error() {},
    };
    const stubborn: LoopExtension = {
      name: "stubborn",
      close: () => {
        throw new Error("not now");
      },
    };
    const llm = scriptedLlm([say("ok")]);
    const server = await createTestServer({ llm, extensions: [stubborn], logger, secretKey: "k".repeat(32) });
    const chat = await server.start("Go.");
    await chat.expectFinished();
    await server.close();
    expect(warnings).toEqual([
      [
        { extension: "stubborn", conversation_id: chat.id, error: "not now" },
        "An extension did not close cleanly",
      ],
    ]);
  });
});

async function statusOf(server: TestServer, id: string) {
  return (await server.conversations.get(id)).execution_status;
}

function tell(words: string) {
  return {
    kind: "MessageEvent",
    source: "environment",
    llm_message: { role: "user", content: [text(words)] },
  } as const;
}
