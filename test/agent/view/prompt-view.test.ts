import { describe, expect, it } from "vitest";
import { PromptView } from "../../../src/agent/view/prompt-view.ts";
import type { Event } from "../../../src/wire/events/events.ts";
import { text } from "../../../src/wire/events/message.ts";
import { promptOf, wordsOf } from "../loop/harness.ts";

let count = 0;

function stamp(fields: object): Event {
  count += 1;
  return { id: `e${count}`, timestamp: "2026-01-01T00:00:00", ...fields } as Event;
}

const user = (words: string, fields: object = {}) =>
  stamp({
    kind: "MessageEvent",
    source: "user",
    llm_message: { role: "user", content: [text(words)] },
    ...fields,
  });

const agentSays = (words: string) =>
  stamp({
    kind: "MessageEvent",
    source: "agent",
    llm_message: { role: "assistant", content: [text(words)] },
  });

function action(responseId: string, callId: string, thought = ""): Event {
  return stamp({
    kind: "ActionEvent",
    source: "agent",
    thought: thought ? [text(thought)] : [],
    tool_name: "echo",
    tool_call_id: callId,
    tool_call: { id: callId, name: "echo", arguments: "{}", origin: "completion" },
    llm_response_id: responseId,
    action: { kind: "MCPToolAction", data: {} },
  });
}

function observation(callId: string, words: string, fields: object = {}): Event {
  return stamp({
    kind: "ObservationEvent",
    source: "environment",
    tool_name: "echo",
    tool_call_id: callId,
    action_id: "a",
    observation: {
      kind: "MCPToolObservation",
      tool_name: "echo",
      content: [text(words)],
      is_error: false,
      ...fields,
    },
  });
}

function viewOf(events: Iterable<Event>): PromptView {
  const view = new PromptView();
  for (const event of events) view.add(event);
  return view;
}

const condensation = (fields: object) =>
  stamp({ kind: "Condensation", source: "environment", llm_response_id: "c", ...fields });

describe("the prompt", () => {
  it("holds the system prompt as two blocks, the fixed one and the conversation's own", () => {
    const view = viewOf([
      stamp({
        kind: "SystemPromptEvent",
        source: "agent",
        system_prompt: text("rules"),
        dynamic_context: text("today"),
        tools: [],
      }),
    ]);
    expect(view.messages()).toMatchObject([
      { role: "system", content: [{ text: "rules" }, { text: "today" }] },
    ]);
  });

  it("joins the calls of one reply and puts their results after them, in the order of the calls", () => {
    const view = viewOf([
      user("go"),
      action("r1", "c1", "let me see"),
      action("r1", "c2"),
      observation("c2", "second"),
      observation("c1", "first"),
      action("r2", "c3"),
      observation("c3", "third"),
    ]);
    expect(promptOf(view.messages())).toEqual([
      "user: go",
      "assistant: let me see[echo][echo]",
      "tool: first",
      "tool: second",
      "assistant: [echo]",
      "tool: third",
    ]);
  });

  it("joins neighbouring user messages and adds what came with a message", () => {
    const view = viewOf([
      user("one", { extended_content: [text(" plus")] }),
      user("two"),
      agentSays("ok"),
      user("three"),
    ]);
    expect(promptOf(view.messages())).toEqual(["user: one plustwo", "assistant: ok", "user: three"]);
  });

  it("never tells of a call without its result", () => {
    const view = viewOf([user("go"), action("r1", "c1"), action("r1", "c2"), observation("c1", "first")]);
    expect(
      view
        .messages()
        .at(-2)
        ?.tool_calls?.map(({ id }) => id),
    ).toEqual(["c1"]);
    expect(view.pending().map(({ tool_call_id }) => tool_call_id)).toEqual(["c2"]);
    view.add(user("still there?"));
    view.add(action("r2", "c3"));
    view.add(observation("c3", "third"));
    view.add(observation("c2", "too late"));
    expect(promptOf(view.messages())).toEqual([
      "user: go",
      "assistant: [echo]",
      "tool: first",
      "user: still there?",
      "assistant: [echo]",
      "tool: third",
    ]);
  });

  it("takes the first of two results of one call", () => {
    const view = viewOf([action("r1", "c1"), observation("c1", "first"), observation("c1", "again")]);
    expect(promptOf(view.messages())).toEqual(["assistant: [echo]", "tool: first"]);
  });

  it("shows errors and rejections as results", () => {
    const answer = { tool_name: "echo", source: "environment", action_id: "a" };
    const view = viewOf([
      action("r1", "c1"),
      action("r1", "c2"),
      stamp({ kind: "UserRejectObservation", ...answer, tool_call_id: "c1", rejection_reason: "no" }),
      stamp({ kind: "AgentErrorEvent", ...answer, tool_call_id: "c2", error: "bad" }),
    ]);
    expect(promptOf(view.messages()).slice(1)).toEqual(["tool: Action rejected: no", "tool: bad"]);
  });

  it("tells where the shell stands after a command", () => {
    const view = viewOf([
      action("r1", "c1"),
      observation("c1", "out", {
        kind: "TerminalObservation",
        command: "make",
        is_error: true,
        metadata: { prefix: "<", suffix: ">", working_dir: "/work", exit_code: 2 },
      }),
    ]);
    expect(wordsOf(view.messages()[1]?.content)).toBe(
      "[An error occurred during execution.]\n<out>\n[Current working directory: /work]\n[Command finished with exit code 2]",
    );
  });

  it("cuts the middle out of a very long result", () => {
    const view = viewOf([action("r1", "c1"), observation("c1", `a${"x".repeat(60_000)}z`)]);
    const words = wordsOf(view.messages()[1]?.content);
    expect(words).toHaveLength(50_000);
    expect(words.startsWith("ax") && words.endsWith("xz")).toBe(true);
  });

  it("cuts the middle out of a very long error", () => {
    const error = { kind: "AgentErrorEvent", source: "agent", tool_name: "echo", tool_call_id: "c1" };
    const view = viewOf([action("r1", "c1"), stamp({ ...error, error: "x".repeat(60_000) })]);
    expect(wordsOf(view.messages()[1]?.content)).toHaveLength(50_000);
  });

  it("leaves out what says nothing to the model", () => {
    const view = viewOf([
      stamp({ kind: "ConversationStateUpdateEvent", source: "environment", key: "title", value: "x" }),
      stamp({ kind: "PauseEvent", source: "user" }),
      agentSays("  "),
    ]);
    expect(view.messages()).toEqual([]);
    expect(view.recent(20).map(({ kind }) => kind)).toEqual(["PauseEvent", "MessageEvent"]);
  });
});

describe("condensation", () => {
  it("forgets events and puts the summary in their place", () => {
    const events = [user("one"), agentSays("two"), user("three")];
    const view = viewOf(events);
    view.add(stamp({ kind: "CondensationRequest", source: "environment" }));
    expect(view.condensationRequested).toBe(true);
    view.add(
      condensation({
        forgotten_event_ids: events.slice(0, 2).map(({ id }) => id),
        summary: "early days. ",
        summary_offset: 0,
      }),
    );
    expect(view.condensationRequested).toBe(false);
    expect(promptOf(view.messages())).toEqual(["user: early days. three"]);
    expect(view.events.map(({ kind }) => kind)).toEqual(["CondensationSummaryEvent", "MessageEvent"]);
  });

  it("forgets the whole of a reply when it forgets one of its calls", () => {
    const events = [
      action("r1", "c1"),
      action("r1", "c2"),
      observation("c1", "1"),
      observation("c2", "2"),
      user("next"),
    ];
    const view = viewOf(events);
    view.add(condensation({ forgotten_event_ids: [events[0]?.id] }));
    expect(promptOf(view.messages())).toEqual(["user: next"]);
  });
});

describe("the cost of a step", () => {
  /** A message event that counts how often it is read. */
  function watched(words: string, reads: { count: number }): Event {
    const event = user(words);
    if (event.kind !== "MessageEvent") throw new Error("not a message");
    const { llm_message } = event;
    return Object.defineProperty(event, "llm_message", {
      get() {
        reads.count += 1;
        return llm_message;
      },
    });
  }

  it("does not grow with the log: nothing that was converted is looked at again", () => {
    const reads = { count: 0 };
    const view = new PromptView();
    for (let step = 0; step < 2000; step += 1) {
      view.add(watched(`question ${step}`, reads));
      view.add(action(`r${step}`, `c${step}`));
      view.add(observation(`c${step}`, "answer"));
      view.messages();
    }
    expect(view.messages()).toHaveLength(6000);
    expect(reads.count).toBe(2000);
  });

  it("keeps every message object but the last turn's, so that providers can cache by identity", () => {
    const view = viewOf([user("one"), agentSays("two"), user("three")]);
    const before = view.messages();
    expect(view.messages()).toBe(before);
    view.add(user("four"));
    view.add(action("r1", "c1"));
    view.add(observation("c1", "first"));
    const after = view.messages();
    expect(after.slice(0, 2).every((message, index) => message === before[index])).toBe(true);
    expect(promptOf(before)).toEqual(["user: one", "assistant: two", "user: three"]);
    view.add(user("five"));
    expect(
      view
        .messages()
        .slice(0, after.length)
        .every((message, index) => message === after[index]),
    ).toBe(true);
  });

  it("reads a stored log to the same prompt", () => {
    const events = [
      user("one"),
      action("r1", "c1"),
      user("two"),
      observation("c1", "first"),
      agentSays("ok"),
      user("three"),
    ];
    const live = new PromptView();
    for (const event of events) {
      live.add(event);
      live.messages();
    }
    expect(viewOf(events).messages()).toEqual(live.messages());
  });
});
