import { describe, expect, it } from "vitest";
import { z } from "zod";
import { recoverRun } from "../../../src/agent/loop/recovery.ts";
import { LlmError } from "../../../src/llm/llm-error.ts";
import { call, say, think } from "../../../src/testing/scripted-llm/llm-script.ts";
import { defineTool } from "../../../src/tools/define-tool.ts";
import type { NewEvent } from "../../../src/wire/events/events.ts";
import { text } from "../../../src/wire/events/message.ts";
import { ArraySession, echo, finish, promptOf } from "./harness.ts";

/** Never ends by itself and does not care about its signal. */
const hang = defineTool({
  name: "hang",
  description: "Hangs.",
  input: z.object({}),
  run: () => new Promise<string>(() => {}),
});

const broken = defineTool({
  name: "broken",
  description: "Fails.",
  input: z.object({ n: z.number().optional() }),
  run: () => {
    throw new Error("no such city");
  },
});

describe("a run", () => {
  it("calls tools until the agent finishes", async () => {
    const session = await ArraySession.open({
      script: [call("echo", { text: "one" }), finish("done")],
    });
    await session.say("hello");
    await session.run();
    expect(session.log).toEqual([
      "user: hello",
      "status running",
      "call echo",
      "result echo: one",
      "call finish",
      "result finish: done",
      "status finished",
    ]);
  });

  it("writes events with all their defaults, as clients know them", async () => {
    const session = await ArraySession.open({
      script: [call("echo", { text: "one" }), [], say("hi")],
    });
    await session.run();
    const ofKind = (kind: string) => session.events.filter((event) => event.kind === kind);
    expect(ofKind("MessageEvent").length).toBeGreaterThan(2);
    for (const event of ofKind("MessageEvent")) {
      expect(event).toMatchObject({ llm_message: { thinking_blocks: [] }, extended_content: [] });
    }
    expect(ofKind("ObservationEvent")).toMatchObject([{ extended_content: [] }]);
  });

  it("finishes with a reply in plain text", async () => {
    const session = await ArraySession.open({ script: [say("hi")] });
    await session.say("hello");
    await session.run();
    expect(session.log).toEqual(["user: hello", "status running", "agent: hi", "status finished"]);
  });

  it("does nothing when it has already finished", async () => {
    const session = await ArraySession.open({ state: { execution_status: "finished" } });
    await session.run();
    expect(session.log).toEqual([]);
  });

  it.each(["idle", "paused", "error", "stuck"] as const)("starts from %s", async (status) => {
    const session = await ArraySession.open({ script: [say("hi")], state: { execution_status: status } });
    await session.run();
    expect(session.log[0]).toBe("status running");
    expect(session.state.execution_status).toBe("finished");
  });

  it("tells the model when it said nothing, and goes on", async () => {
    const session = await ArraySession.open({
      script: [[], think("hm"), say("here I am")],
    });
    await session.say("hello");
    await session.run();
    expect(session.log.filter((line) => line.startsWith("environment: Your last reply"))).toHaveLength(2);
    expect(session.state.execution_status).toBe("finished");
    // Blank turns of the assistant are not shown: providers refuse them.
    expect(session.llm.requests[2]?.messages.map(({ role }) => role)).toEqual(["user"]);
  });

  it("ends with an error when it takes too many steps", async () => {
    const session = await ArraySession.open({
      script: [call("echo", { text: "1" }), call("echo", { text: "2" })],
      state: { max_iterations: 2 },
    });
    await session.run();
    expect(session.log.slice(-2)).toEqual([
      "status error",
      "failed MaxIterationsReached: Agent reached maximum iterations limit (2).",
    ]);
  });

  it("may finish in its last allowed step", async () => {
    const session = await ArraySession.open({ script: [finish("done")], state: { max_iterations: 1 } });
    await session.run();
    expect(session.state.execution_status).toBe("finished");
  });

  it("streams pieces only when the model is set to stream", async () => {
    const quiet = await ArraySession.open({ script: [say("hi there")] });
    await quiet.run();
    expect(quiet.deltas).toEqual([]);
    const streaming = await ArraySession.open({ script: [say("hi there")] });
    streaming.state.agent.llm.stream = true;
    await streaming.run();
    expect(streaming.deltas).toEqual([{ content: "hi" }, { content: " there" }]);
  });
});

describe("a model that fails", () => {
  it("ends the run with status and then the error, classified", async () => {
    const session = await ArraySession.open({ script: [new LlmError("LLMAuthenticationError", "no key")] });
    await session.run();
    expect(session.log).toEqual(["status running", "status error", "failed LLMAuthenticationError: no key"]);
    expect(session.events.at(-1)).toMatchObject({
      source: "environment",
      classification: { kind: "auth", retryable: false, user_action: "settings" },
    });
  });

  it("says no more than that the key was refused: providers repeat parts of it", async () => {
    const refusal = new LlmError("LLMAuthenticationError", "Incorrect API key: sk-ab***yz", { status: 401 });
    const session = await ArraySession.open({ script: [refusal] });
    await session.run();
    expect(session.log.at(-1)).toBe(
      "failed LLMAuthenticationError: Your LLM API key appears to be invalid or has expired.",
    );
    expect(session.events.at(-1)).toMatchObject({
      classification: { kind: "auth", user_action: "settings" },
    });
  });

  it("is asked to rephrase when its provider blocked the reply", async () => {
    const session = await ArraySession.open({
      script: [new LlmError("LLMContentPolicyViolationError", "blocked"), say("sorry")],
    });
    await session.run();
    expect(session.log[1]).toMatch(/^user: Your last reply was held back by the content filter/);
    expect(session.state.last_user_message_id).toBe(session.events[1]?.id);
    expect(session.state.execution_status).toBe("finished");
  });

  it("reads what was wrong with a call in text form", async () => {
    const session = await ArraySession.open({
      script: [new LlmError("FunctionCallValidationError", "Unknown parameter x"), say("ok")],
    });
    await session.run();
    expect(session.log[1]).toBe("user: Unknown parameter x");
  });

  it("is asked for a shorter reply twice, then the run ends", async () => {
    const excess = new LlmError("LLMReplyTooLargeError", "Too much.");
    const mended = await ArraySession.open({ script: [excess, excess, say("ok")] });
    await mended.run();
    expect(mended.log.slice(1, 3)).toEqual(Array(2).fill(expect.stringMatching(/^environment: Too much\./)));
    expect(mended.state.execution_status).toBe("finished");

    const session = await ArraySession.open({ script: [excess, excess, excess] });
    await session.run();
    expect(session.log.slice(-2)).toEqual(["status error", "failed LLMReplyTooLargeError: Too much."]);
  });

  it("is told of its provider's content filter twice, then the run ends", async () => {
    const blocked = new LlmError("LLMContentPolicyViolationError", "blocked");
    const session = await ArraySession.open({ script: [blocked, blocked, blocked] });
    await session.run();
    expect(session.log.slice(-2)).toEqual(["status error", "failed LLMContentPolicyViolationError: blocked"]);
  });

  it.each(["LLMContextWindowExceedError", "LLMMalformedConversationHistoryError"] as const)(
    "ends the run on %s when nobody can condense",
    async (name) => {
      const session = await ArraySession.open({ script: [new LlmError(name, "too long")] });
      await session.run();
      expect(session.log.slice(-2)).toEqual(["status error", `failed ${name}: too long`]);
    },
  );
});

describe("calls that go wrong", () => {
  it("are told to the model, and the run goes on", async () => {
    const session = await ArraySession.open({
      tools: [broken],
      script: [[call("broken"), call("nowhere"), call("broken", { n: "x" })], say("I see")],
    });
    await session.run();
    expect(session.log.slice(1)).toEqual([
      "call broken",
      "call nowhere (not understood)",
      "error nowhere: Tool 'nowhere' not found. Available: ['broken', 'finish', 'think']",
      "call broken (not understood)",
      "error broken: Error validating tool 'broken': n: expected number, received string. Parameters provided: ['n']",
      "error broken: Error executing tool 'broken': no such city",
      "agent: I see",
      "status finished",
    ]);
    // One reply is one assistant message, whatever came of its calls.
    expect(session.llm.requests[1]?.messages.map(({ role }) => role)).toEqual([
      "assistant",
      "tool",
      "tool",
      "tool",
    ]);
  });

  it("after a finish are answered rather than left open", async () => {
    const session = await ArraySession.open({
      script: [[call("finish", { message: "bye" }), call("echo", { text: "late" })]],
    });
    await session.run();
    expect(session.log.slice(1)).toEqual([
      "call finish",
      "call echo",
      "result finish: bye",
      expect.stringMatching(/^error echo: This call was not run: the finish call before it/),
      "status finished",
    ]);
    expect(session.view.pending()).toEqual([]);
  });

  it("keep their own ids apart when the model gives none or the same twice", async () => {
    const session = await ArraySession.open({
      script: [
        [call("echo", { text: "a" }, ""), call("echo", { text: "b" }, "x"), call("echo", { text: "c" }, "x")],
        call("echo", { text: "d" }, "x"),
        say("ok"),
      ],
    });
    await session.run();
    const ids = session.events.flatMap((event) => (event.kind === "ActionEvent" ? [event.tool_call_id] : []));
    expect(new Set(ids).size).toBe(4);
    expect(ids).not.toContain("");
    expect(session.log.filter((line) => line.startsWith("result"))).toEqual([
      "result echo: a",
      "result echo: b",
      "result echo: c",
      "result echo: d",
    ]);
  });

  it("of two replies with one id stay apart", async () => {
    const session = await ArraySession.open({
      script: [call("echo", { text: "a" }), call("echo", { text: "b" }), say("ok")],
    });
    const { llm } = session;
    const complete = llm.complete.bind(llm);
    llm.complete = async (request) => ({ ...(await complete(request)), id: "same" });
    await session.run();
    expect(session.llm.requests[2]?.messages.map(({ role }) => role)).toEqual([
      "assistant",
      "tool",
      "assistant",
      "tool",
    ]);
  });
});

describe("messages while the agent works", () => {
  it("are seen in the next step", async () => {
    const session = await ArraySession.open({
      script: [
        async () => {
          await session.say("and be quick");
          return call("echo", { text: "a" });
        },
        say("done"),
      ],
    });
    await session.say("work");
    await session.run();
    expect(promptOf(session.llm.requests[1]?.messages ?? [])).toEqual([
      "user: workand be quick",
      "assistant: [echo]",
      "tool: a",
    ]);
  });

  it("keep a finishing agent at work, with a word on what it overlooked", async () => {
    const session = await ArraySession.open({
      script: [
        async () => {
          await session.say("one more thing");
          return say("done");
        },
        say("that too"),
      ],
    });
    await session.say("work");
    await session.run();
    expect(session.log).toEqual([
      "user: work",
      "status running",
      "user: one more thing",
      "agent: done",
      "status finished",
      "status running",
      "agent: that too",
      "status finished",
    ]);
    expect(promptOf(session.llm.requests[1]?.messages ?? [])).toEqual([
      "user: workone more thing",
      "assistant: done",
      expect.stringMatching(/^user: Another message from the user came in/),
    ]);
  });

  it("that come with the status change to finished start it again as running", async () => {
    const session = await ArraySession.open({ script: [say("done"), say("that too")] });
    await session.say("work");
    const update = session.update.bind(session);
    let isFirst = true;
    session.update = async (changes) => {
      await update(changes);
      if (changes.execution_status === "finished" && isFirst) {
        isFirst = false;
        await session.say("wait");
      }
    };
    await session.run();
    expect(session.log.slice(2)).toEqual([
      "agent: done",
      "status finished",
      "status idle",
      "user: wait",
      "status running",
      "agent: that too",
      "status finished",
    ]);
  });

  it("that come during the last allowed step leave it idle, for another run", async () => {
    const session = await ArraySession.open({
      script: [
        async () => {
          await session.say("one more thing");
          return say("done");
        },
        say("that too"),
      ],
      state: { max_iterations: 1 },
    });
    await session.say("work");
    await session.run();
    expect(session.log.slice(2)).toEqual([
      "user: one more thing",
      "agent: done",
      "status finished",
      "status idle",
    ]);
    await session.run();
    expect(session.log.slice(-2)).toEqual(["agent: that too", "status finished"]);
  });

  it("that come with the status change to finished, after the last allowed step, leave it idle", async () => {
    const session = await ArraySession.open({ script: [say("done")], state: { max_iterations: 1 } });
    await session.say("work");
    const update = session.update.bind(session);
    session.update = async (changes) => {
      await update(changes);
      if (changes.execution_status === "finished") await session.say("wait");
    };
    await session.run();
    expect(session.log.slice(-3)).toEqual(["status finished", "status idle", "user: wait"]);
  });

  it.each([
    { max_iterations: 20, end: ["status running", "agent: then not", "status finished"] },
    { max_iterations: 1, end: [] },
  ])(
    "that come before its calls wait for the user reject them: $max_iterations steps",
    async ({ max_iterations, end }) => {
      const session = await ArraySession.open({
        script: [
          async () => {
            await session.say("do not");
            return call("echo", { text: "a" });
          },
          say("then not"),
        ],
        state: { max_iterations, confirmation_policy: { kind: "AlwaysConfirm" } },
      });
      await session.say("work");
      await session.run();
      expect(session.log.slice(2)).toEqual([
        "user: do not",
        "call echo",
        "status waiting_for_confirmation",
        "status idle",
        "rejected echo: Superseded by a new user message",
        ...end,
      ]);
    },
  );

  it("that come while a tool runs follow its result in the prompt", async () => {
    const talk = defineTool({
      name: "talk",
      description: "Lets the user speak.",
      input: z.object({}),
      run: async () => {
        await session.say("are you there?");
        return "ran";
      },
    });
    const session: ArraySession = await ArraySession.open({
      tools: [talk],
      script: [call("talk"), say("yes")],
    });
    await session.say("work");
    await session.run();
    expect(session.log.slice(2, 5)).toEqual(["call talk", "user: are you there?", "result talk: ran"]);
    expect(promptOf(session.llm.requests[1]?.messages ?? [])).toEqual([
      "user: work",
      "assistant: [talk]",
      "tool: ran",
      "user: are you there?",
    ]);
  });
});

describe("pause", () => {
  it("lets the model call and its tools end, then stops", async () => {
    const session = await ArraySession.open({
      script: [
        async () => {
          await session.pause();
          return call("echo", { text: "a" });
        },
        say("resumed"),
      ],
    });
    await session.run();
    expect(session.log).toEqual([
      "status running",
      "status paused",
      "PauseEvent",
      "call echo",
      "result echo: a",
    ]);
    await session.run();
    expect(session.log.slice(5)).toEqual(["status running", "agent: resumed", "status finished"]);
  });
});

describe("interrupt", () => {
  it("drops a model call at once, even one that does not listen", async () => {
    const abort = new AbortController();
    const session = await ArraySession.open({
      script: [
        () => {
          queueMicrotask(() => abort.abort());
          return new Promise(() => {});
        },
      ],
    });
    await session.run({ signal: abort.signal });
    expect(session.log).toEqual(["status running", "status paused", "InterruptEvent"]);
    expect(session.events.at(-1)).toMatchObject({ source: "user" });
  });

  it("answers running calls and those not begun, and the conversation can go on", async () => {
    const abort = new AbortController();
    const session = await ArraySession.open({
      tools: [echo, hang],
      script: [
        () => {
          setTimeout(() => abort.abort(), 5);
          return [call("echo", { text: "quick" }), call("hang"), call("echo", { text: "never" })];
        },
        say("back"),
      ],
    });
    await session.run({ signal: abort.signal });
    expect(session.log.slice(4)).toEqual([
      "result echo: quick",
      "error hang: Tool call interrupted before completion. The conversation was paused.",
      "error echo: Tool call cancelled by interrupt.",
      "status paused",
      "InterruptEvent",
    ]);
    expect(session.events.find((event) => event.kind === "AgentErrorEvent")).toMatchObject({
      classification: { kind: "agent_action", retryable: true },
    });
    await session.run();
    expect(session.state.execution_status).toBe("finished");
  });

  it("leaves aside a reply that arrives together with it", async () => {
    const abort = new AbortController();
    const session = await ArraySession.open({
      script: [
        () => {
          abort.abort();
          return call("echo", { text: "a" });
        },
      ],
    });
    await session.run({ signal: abort.signal });
    expect(session.log).toEqual(["status running", "status paused", "InterruptEvent"]);
  });
});

describe("an interrupt at an awkward moment", () => {
  it("leaves aside a reply that has only just been counted", async () => {
    const abort = new AbortController();
    const session = await ArraySession.open({ script: [call("echo", { text: "a" })] });
    session.recordReply = async () => abort.abort();
    await session.run({ signal: abort.signal });
    expect(session.log).toEqual(["status running", "status paused", "InterruptEvent"]);
  });

  it("answers calls that were about to wait for confirmation", async () => {
    const abort = new AbortController();
    const session = await ArraySession.open({
      script: [call("echo", { text: "a" })],
      state: { confirmation_policy: { kind: "AlwaysConfirm" } },
    });
    const append = session.append.bind(session);
    session.append = async (events) => {
      if (events[0]?.kind === "ActionEvent") abort.abort();
      return append(events);
    };
    await session.run({ signal: abort.signal });
    expect(session.log.slice(1)).toEqual([
      "call echo",
      expect.stringMatching(/^error echo: Tool call interrupted/),
      "status paused",
      "InterruptEvent",
    ]);
  });

  it("comes too late for an agent that has just finished", async () => {
    const abort = new AbortController();
    const session = await ArraySession.open({ script: [say("done")] });
    const append = session.append.bind(session);
    session.append = async (events) => {
      if (events[0]?.kind === "MessageEvent") abort.abort();
      return append(events);
    };
    await session.run({ signal: abort.signal });
    expect(session.log).toEqual(["status running", "agent: done", "status finished"]);
  });
});

/** A call that nothing has answered. */
function openCall(id: string): NewEvent {
  return {
    kind: "ActionEvent",
    source: "agent",
    thought: [text("go")],
    tool_name: "echo",
    tool_call_id: id,
    tool_call: { id, name: "echo", arguments: "{}", origin: "completion" },
    llm_response_id: "r",
    action: { kind: "MCPToolAction", data: {} },
  };
}

describe("after a crash", () => {
  it("every open call is answered and the status is error", async () => {
    const session = await ArraySession.open({ script: [say("I checked")] });
    session.state.execution_status = "running";
    await session.append([openCall("a"), openCall("b")]);
    await recoverRun(session);
    expect(session.log.slice(2)).toEqual([
      expect.stringMatching(
        /^error echo: This call was cut short: the server restarted .* or could not store/,
      ),
      expect.stringMatching(
        /^error echo: This call was cut short: the server restarted .* or could not store/,
      ),
      "status error",
    ]);
    expect(session.events.at(-2)).toMatchObject({ classification: { kind: "internal", retryable: false } });
    await session.run();
    expect(session.llm.requests[0]?.messages.map(({ role }) => role)).toEqual(["assistant", "tool", "tool"]);
  });

  it("other statuses stay as they are", async () => {
    const session = await ArraySession.open({ state: { execution_status: "waiting_for_confirmation" } });
    await recoverRun(session);
    expect(session.log).toEqual([]);
  });
});
