import { condenseWith, LlmError, type LoopExtension, text } from "agent-server";
import { call, createTestServer, say, scriptedLlm } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { echo, inWords, promptOf } from "../harness.ts";
import { never } from "./never.ts";

const tell = (words: string) =>
  ({
    kind: "MessageEvent",
    source: "environment",
    llm_message: { role: "user", content: [text(words)] },
  }) as const;

const failing = (point: "beforeModel" | "prompt" | "stop"): LoopExtension => ({
  name: "broken",
  [point]: () => {
    throw new Error("no policy");
  },
});

describe("before the model, an extension", () => {
  it("appends events that are part of the prompt, and that the next extension sees", async () => {
    const llm = scriptedLlm([say("ok")]);
    const seen: number[] = [];
    const extensions: LoopExtension[] = [
      { name: "clock", beforeModel: () => ({ events: [tell("It is noon.")] }) },
      { name: "reader", beforeModel: ({ view }) => void seen.push(view.events.length) },
    ];
    await using server = await createTestServer({ llm, extensions });
    const chat = await server.start("Go.");
    await chat.expectFinished("ok");
    expect(promptOf(llm.requests[0]?.messages ?? []).at(-1)).toBe("user: Go.It is noon.");
    expect(seen).toEqual([3]);
  });

  it("stops the run by a status, with its reason in the log; the next run asks again", async () => {
    const llm = scriptedLlm([say("ok")]);
    let money = 0;
    const budget: LoopExtension = {
      name: "budget",
      beforeModel: () =>
        money > 0
          ? undefined
          : {
              stop: "paused",
              events: [
                { kind: "ConversationErrorEvent", source: "environment", code: "Budget", detail: "$0" },
              ],
            },
    };
    await using server = await createTestServer({ llm, extensions: [budget] });
    const chat = await server.start("Go.");
    await chat.expectStatus("paused");
    expect(chat.events.slice(-2).map(inWords)).toEqual(["status paused", "failed Budget: $0"]);
    money = 1;
    await chat.run();
    await chat.expectFinished("ok");
  });

  it("asks the agent's model itself, at the cost of the conversation", async () => {
    const llm = scriptedLlm([say("yes"), say("ok")], { cost: 0.5 });
    const asking: LoopExtension = {
      name: "asking",
      beforeModel: async ({ llm: model, signal }) => {
        await model.complete({ messages: [{ role: "user", content: [text("Sure?")] }], tools: [], signal });
      },
    };
    await using server = await createTestServer({ llm, extensions: [asking] });
    const chat = await server.start("Go.");
    await chat.expectFinished("ok");
    await chat.expectCost(1);
  });

  it("does not hold up an interrupt", async () => {
    const waiting = never();
    const slow: LoopExtension = { name: "slow", beforeModel: () => waiting.promise() };
    await using server = await createTestServer({ llm: scriptedLlm([]), extensions: [slow] });
    const chat = await server.start("Go.");
    await waiting.begun;
    await (await server.conversations.open(chat.id)).interrupt();
    await chat.expectStatus("paused");
    expect(chat.events.at(-1)?.kind).toBe("InterruptEvent");
  });

  it("leaves a pause in force that came while it was asked", async () => {
    const llm = scriptedLlm([]);
    const pausing: LoopExtension = {
      name: "pausing",
      beforeModel: async ({ state }) => {
        await (await server.conversations.open(state.id)).pause();
      },
    };
    await using server = await createTestServer({ llm, extensions: [pausing] });
    const chat = await server.start("Go.");
    await chat.expectStatus("paused");
    expect(llm.requests).toEqual([]);
  });
});

describe("the prompt, given by an extension,", () => {
  it("is what the model reads; the log stays as it is", async () => {
    const llm = scriptedLlm([say("ok")]);
    const extensions: LoopExtension[] = [
      {
        name: "redact",
        prompt: (messages) =>
          messages.map((message) =>
            message.role === "user" ? { ...message, content: [text("(redacted)")] } : message,
          ),
      },
      { name: "count", prompt: (messages) => [...messages, { role: "user", content: [text("two")] }] },
    ];
    await using server = await createTestServer({ llm, extensions });
    const chat = await server.start("My name is Ada.");
    await chat.expectFinished("ok");
    expect(promptOf(llm.requests[0]?.messages ?? []).slice(1)).toEqual(["user: (redacted)", "user: two"]);
    expect(chat.events.map(inWords)).toContain("user: My name is Ada.");
  });
});

describe("when the agent wants to finish, an extension", () => {
  it("keeps it going with a word on what is missing, within the limit of steps", async () => {
    const llm = scriptedLlm(() => call("finish", { message: `Done ${llm.requests.length}.` }));
    const never: LoopExtension = { name: "tests", stop: () => ({ goOn: "The tests fail." }) };
    await using server = await createTestServer({ llm, extensions: [never] });
    const chat = await server.start("Go.", { max_iterations: 3 });
    await chat.expectFailed("MaxIterationsReached");
    const lines = chat.events.map(inWords);
    expect(lines.filter((line) => line === "environment: The tests fail.")).toHaveLength(3);
    expect(lines).not.toContain("status finished");
    expect(promptOf(llm.requests[1]?.messages ?? []).at(-1)).toBe("user: The tests fail.");
  });

  it("speaks for the user if it wants to", async () => {
    let hasRefused = false;
    const critic: LoopExtension = {
      name: "critic",
      stop: () => {
        if (hasRefused) return undefined;
        hasRefused = true;
        return { goOn: "Better.", source: "user", state: { agent_state: { rounds: 1 } } };
      },
    };
    await using server = await createTestServer({
      llm: scriptedLlm([say("Done."), say("Now it is.")]),
      extensions: [critic],
    });
    const chat = await server.start("Go.");
    await chat.expectFinished("Now it is.");
    const message = chat.events.find((event) => inWords(event) === "user: Better.");
    const info = await server.conversations.get(chat.id);
    expect(info.last_user_message_id).toBe(message?.id);
    expect(info.agent_state).toEqual({ rounds: 1 });
  });

  it("is not asked while the user's last message is unread, nor about a blocked message", async () => {
    const asked: number[] = [];
    const counting: LoopExtension = {
      name: "counting",
      userMessage: (content) => (JSON.stringify(content).includes("no") ? { block: "no" } : undefined),
      stop: ({ view }) => void asked.push(view.events.length),
    };
    const llm = scriptedLlm([
      async () => {
        await chat.send("One more.", { run: false });
        return say("Done.");
      },
      say("That too."),
    ]);
    await using server = await createTestServer({ llm, extensions: [counting] });
    const chat = await server.start();
    await chat.send("Go.");
    await chat.expectFinished("That too.");
    expect(asked).toHaveLength(1);
    await chat.send("no");
    await chat.expectStatus("finished");
    expect(asked).toHaveLength(1);
  });

  it("does not hold up an interrupt", async () => {
    const waiting = never();
    const slow: LoopExtension = { name: "slow", stop: () => waiting.promise() };
    await using server = await createTestServer({ llm: scriptedLlm([say("Done.")]), extensions: [slow] });
    const chat = await server.start("Go.");
    await waiting.begun;
    await (await server.conversations.open(chat.id)).interrupt();
    await chat.expectStatus("paused");
  });
});

it.each(["beforeModel", "prompt", "stop"] as const)(
  "a throw at %s ends the run with an error",
  async (point) => {
    const llm = scriptedLlm([say("ok")]);
    await using server = await createTestServer({ llm, extensions: [failing(point)] });
    const chat = await server.start("Go.");
    await chat.expectFailed("ExtensionError: Extension 'broken' failed: no policy");
    expect(llm.requests).toHaveLength(point === "stop" ? 1 : 0);
  },
);

describe("a condenser", () => {
  const forgetting = (mayForget: boolean) =>
    condenseWith({
      handlesRequests: true,
      condense: (view) =>
        view.condensationRequested && mayForget
          ? {
              kind: "Condensation",
              source: "environment",
              forgotten_event_ids: view.events.slice(1).map(({ id }) => id),
              summary: "in short",
              summary_offset: 1,
              llm_response_id: "r",
            }
          : null,
    });
  const tooLong = () => new LlmError("LLMContextWindowExceedError", "too long");

  it("makes room when the prompt has become too long, and the run goes on", async () => {
    const llm = scriptedLlm([call("echo", { text: "a" }), tooLong(), say("ok")]);
    await using server = await createTestServer({ llm, tools: [echo], extensions: [forgetting(true)] });
    const chat = await server.start("A long story.");
    await chat.expectFinished("ok");
    const kinds = chat.events.map(({ kind }) => kind);
    expect(kinds.indexOf("Condensation")).toBeGreaterThan(kinds.indexOf("CondensationRequest"));
    expect(promptOf(llm.requests[2]?.messages ?? []).slice(1)).toEqual(["user: in short"]);
  });

  it("that finds nothing to forget leaves the error standing, after one request", async () => {
    const llm = scriptedLlm([tooLong(), tooLong()]);
    await using server = await createTestServer({ llm, extensions: [forgetting(false)] });
    const chat = await server.start("A long story.");
    await chat.expectFailed("LLMContextWindowExceedError: too long");
    expect(chat.events.filter(({ kind }) => kind === "CondensationRequest")).toHaveLength(1);
  });
});
