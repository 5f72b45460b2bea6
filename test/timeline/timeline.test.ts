import { describe, expect, it } from "vitest";
import { joinRows, Timeline } from "../../src/timeline/timeline.ts";
import { needsEvents, waitOf } from "../../src/timeline/waits.ts";
import { call, event, LIMITS, result, rowsOf, stats, status, time, userMessage } from "./log.ts";

const titles = (rows: readonly { title: string }[]) => rows.map(({ title }) => title);

describe("the rows of a run", () => {
  it("are words, calls with their results, and changes of the status", () => {
    const rows = rowsOf([
      userMessage("List the files", 0),
      status("running", 0),
      call("a", 2),
      result("a", 3),
      event("MessageEvent", 4, { llm_message: { content: [{ type: "text", text: "Two files." }] } }),
      status("finished", 4),
    ]);
    expect(titles(rows)).toEqual(["User", "running", "terminal ls", "Agent", "finished"]);
    expect(rows[0]).toMatchObject({ look: "user", words: "List the files", at: time(0) });
    expect(rows[2]).toMatchObject({ look: "call", outcome: { isGood: true, words: "exit 0, 1 line" } });
    expect(rows[2]?.parts.map(({ name }) => name)).toEqual(["Arguments", "Result"]);
  });

  it("say what the model took and used, from the sums that the log shows", () => {
    const [, reply, second] = rowsOf([
      status("running", 0),
      stats(100, 10, 2),
      call("a", 2.5),
      result("a", 3),
      stats(250, 30, 9),
      call("b", 9),
    ]);
    expect(reply).toMatchObject({
      spans: [
        { of: "model", seconds: 2.5 },
        { of: "tool", seconds: 0.5 },
      ],
      usage: [{ usageId: "default", input: 100, output: 10, cost: 0.001 }],
    });
    expect(second?.usage).toEqual([{ usageId: "default", input: 150, output: 20, cost: 0.0015 }]);
  });

  it("count what a second call of the same reply does not use again", () => {
    const rows = rowsOf([status("running", 0), stats(100, 10, 1), call("a", 1), call("b", 1)]);
    expect(rows.map(({ usage }) => usage?.length)).toEqual([undefined, 1, undefined]);
  });

  it("do not take the sums of an earlier part of the log for a step", () => {
    const later = [stats(5_000, 500, 1), call("a", 1), result("a", 2), stats(5_100, 510, 3), call("b", 3)];
    const rows = rowsOf(later, false);
    expect(rows.map(({ usage }) => usage)).toEqual([
      undefined,
      [{ usageId: "default", input: 100, output: 10, cost: 0.001 }],
    ]);
  });

  it("keep the wait for a confirmation apart from the time of the tool", () => {
    const rows = rowsOf([
      status("running", 0),
      call("a", 1),
      status("waiting_for_confirmation", 1),
      status("running", 61),
      result("a", 63),
    ]);
    expect(titles(rows)).toEqual(["running", "terminal ls", "waiting for confirmation", "running"]);
    expect(rows[2]?.spans).toEqual([{ of: "confirmation", seconds: 60 }]);
    expect(rows[1]?.spans).toEqual([{ of: "tool", seconds: 2 }]);
  });

  it("say how long a message waited for its run", () => {
    const rows = rowsOf([userMessage("Hello", 0), status("running", 12)]);
    expect(rows[1]?.spans).toEqual([{ of: "start", seconds: 12 }]);
  });

  it("are bad where a call failed, was rejected, or could not be read", () => {
    const failed = { tool_call_id: "call-c", error: "No such tool" };
    const rows = rowsOf([
      call("a", 1),
      call("b", 1),
      call("c", 1, { action: null, tool_call: { arguments: "{oops" } }),
      result("a", 2, "no", { exit_code: 1 }),
      event("UserRejectObservation", 2, { action_id: "b", rejection_reason: "Not now" }),
      event("AgentErrorEvent", 2, failed),
      event("ConversationErrorEvent", 3, { code: "LLMAuthenticationError", detail: "Wrong key" }),
    ]);
    expect(rows.map(({ outcome }) => outcome?.isGood)).toEqual([false, false, false, undefined]);
    expect(rows[2]).toMatchObject({ title: "terminal {oops", outcome: { words: "No such tool" } });
    expect(rows[3]).toMatchObject({ look: "error", title: "LLMAuthenticationError", words: "Wrong key" });
  });

  it("show the changes of files line by line", () => {
    const change = { path: "/a.txt", old_content: "one\ntwo\n", new_content: "one\n2\n" };
    const [row] = rowsOf([call("a", 1, { tool_name: "file_editor" }), result("a", 2, "edited", change)]);
    expect(row?.parts.at(-1)).toEqual({
      name: "Diff of /a.txt",
      lines: [
        { kind: "place", text: "@@ line 1 @@" },
        { kind: "same", text: " one" },
        { kind: "removed", text: "-two" },
        { kind: "added", text: "+2" },
      ],
    });
  });

  it("show a call of another program once, however often it is reported", () => {
    const about = { tool_call_id: "p1", title: "Read a.txt", raw_input: { path: "a.txt" } };
    const rows = rowsOf([
      event("ACPToolCallEvent", 1, { ...about, status: "pending" }),
      event("ACPToolCallEvent", 2, { ...about, status: "in_progress" }),
      event("ACPToolCallEvent", 4, { ...about, status: "completed", raw_output: "text" }),
    ]);
    expect(rows).toMatchObject([
      { title: "Read a.txt", outcome: { isGood: true }, spans: [{ of: "tool", seconds: 3 }] },
    ]);
  });

  it("show an event of an unknown kind as it is", () => {
    const [row] = rowsOf([event("NewKindOfEvent", 1, { field: "value" })]);
    expect(row).toMatchObject({ look: "note", title: "NewKindOfEvent", parts: [{ name: "Event" }] });
  });
});

describe("a timeline that is followed", () => {
  it("says what is being waited for", () => {
    const timeline = new Timeline({ limits: LIMITS, isStart: true });
    const seen = [
      userMessage("Hello", 0),
      status("running", 1),
      call("a", 2),
      call("b", 2, { tool_name: "grep" }),
      result("a", 3),
      status("waiting_for_confirmation", 4),
      status("paused", 5),
    ].map((each) => {
      timeline.take(each);
      return timeline.waitsFor;
    });
    expect(seen).toEqual([
      "a run",
      "the model",
      "terminal",
      "terminal, grep",
      "grep",
      "confirmation",
      "paused",
    ]);
  });

  it("says so of a conversation in a list, from its newest events", () => {
    const running = { execution_status: "running", last_user_message_id: "m" };
    const newest = [call("b", 3, { tool_name: "grep" }), result("a", 3), call("a", 2), stats(10, 1, 2)];
    expect([needsEvents(running), waitOf(running, newest), waitOf(running)]).toEqual([
      true,
      "grep",
      "the model",
    ]);
    const others = ["idle", "waiting_for_confirmation", "paused", "stuck"].map((execution_status) =>
      waitOf({ execution_status, last_user_message_id: "m" }),
    );
    expect(others).toEqual(["a run", "confirmation", "paused", "stuck"]);
    expect([needsEvents({}), waitOf({}), waitOf({ execution_status: "idle" })]).toEqual([false, "", "idle"]);
  });

  it("takes status and sums from a state where it begins in the middle", () => {
    const timeline = new Timeline({ limits: LIMITS, isStart: false });
    const { value } = stats(500, 50, 0);
    timeline.take(
      event("ConversationStateUpdateEvent", 1, {
        key: "full_state",
        value: { execution_status: "running", stats: value },
      }),
    );
    expect([timeline.waitsFor, timeline.usage]).toEqual([
      "the model",
      [{ usageId: "default", input: 500, output: 50, cost: 0.005 }],
    ]);
  });

  it("keeps at most 1,000 calls without a result", () => {
    const timeline = new Timeline({ limits: LIMITS, isStart: true });
    const rows = Array.from({ length: 1_200 }, (_, index) => timeline.take(call(`c${index}`, 1))[0]);
    expect(rows.filter((row) => row !== undefined && timeline.isOpen(row))).toHaveLength(1_000);
  });

  it("gives a result whose call came earlier to that call when both are joined", () => {
    const older = rowsOf([status("running", 0), call("a", 1)]);
    const newer = rowsOf([result("a", 5, "late"), call("b", 6)], false);
    expect(newer[0]).toMatchObject({ title: "Result of terminal", outcome: { isGood: true } });
    const rows = joinRows(older, newer);
    expect(titles(rows)).toEqual(["running", "terminal ls", "terminal ls"]);
    expect(rows[1]).toMatchObject({ spans: [{ of: "tool", seconds: 4 }], outcome: { isGood: true } });
  });

  it("takes events without any of their fields, and fields of any type", () => {
    const kinds = [
      ...["SystemPromptEvent", "MessageEvent", "ActionEvent", "ObservationEvent", "UserRejectObservation"],
      ...["AgentErrorEvent", "ConversationStateUpdateEvent", "ConversationErrorEvent", "Condensation"],
      ...["SecurityAnalysisEvent", "HookExecutionEvent", "LLMCompletionLogEvent", "ACPToolCallEvent", "X"],
    ];
    for (const value of [undefined, null, 7, "text", [], [null], {}, { a: { b: [1] } }]) {
      const fields = [
        "id",
        "timestamp",
        "source",
        "observation",
        "action",
        "llm_message",
        "key",
        "value",
        "risks",
      ];
      const hostile = Object.fromEntries(
        [...fields, "thought", "tools", "content"].map((name) => [name, value]),
      );
      const rows = rowsOf(kinds.map((kind) => ({ ...hostile, kind })));
      expect(
        rows.every(({ id, at, title }) => [id, at, title].every((text) => typeof text === "string")),
      ).toBe(true);
    }
  });
});
