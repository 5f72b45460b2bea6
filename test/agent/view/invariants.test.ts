import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rangeToForget } from "../../../src/agent/condenser/forgetting.ts";
import { manipulationIndices } from "../../../src/agent/view/manipulation-indices.ts";
import { PromptView } from "../../../src/agent/view/prompt-view.ts";
import type { Event } from "../../../src/wire/events/events.ts";
import { type Message, text } from "../../../src/wire/events/message.ts";

/** Writes logs whose events count up. */
class LogWriter {
  readonly events: Event[] = [];

  add(fields: object): Event {
    const event = { id: `e${this.events.length}`, timestamp: "2026-01-01T00:00:00", ...fields } as Event;
    this.events.push(event);
    return event;
  }

  prompt(): Event {
    return this.add({ kind: "SystemPromptEvent", source: "agent", system_prompt: text("rules"), tools: [] });
  }

  say(source: "user" | "agent", words: string): Event {
    const role = source === "user" ? "user" : "assistant";
    return this.add({ kind: "MessageEvent", source, llm_message: { role, content: [text(words)] } });
  }

  call(id: string, reply: string, isSigned = false): Event {
    return this.add({
      kind: "ActionEvent",
      source: "agent",
      thought: [],
      ...(isSigned && { thinking_blocks: [{ type: "thinking", thinking: "hm", signature: "s" }] }),
      tool_name: "echo",
      tool_call_id: id,
      tool_call: { id, name: "echo", arguments: "{}", origin: "completion" },
      llm_response_id: reply,
    });
  }

  result(id: string): Event {
    return this.add({
      kind: "AgentErrorEvent",
      source: "agent",
      tool_name: "echo",
      tool_call_id: id,
      error: `result of ${id}`,
    });
  }

  forget(ids: readonly string[], summary: { text: string; offset: number } | null): Event {
    return this.add({
      kind: "Condensation",
      source: "environment",
      forgotten_event_ids: [...ids],
      ...(summary && { summary: summary.text, summary_offset: summary.offset }),
      llm_response_id: "c",
    });
  }
}

function viewOf(events: Iterable<Event>): PromptView {
  const view = new PromptView();
  for (const event of events) view.add(event);
  return view;
}

const idsOf = (view: PromptView) => view.events.map(({ id }) => id);

describe("what a condensation tears apart leaves the prompt as a whole", () => {
  it("the second result of a call", () => {
    const log = new LogWriter();
    log.call("a", "r1");
    log.result("a");
    log.result("a");
    expect(idsOf(viewOf(log.events))).toEqual(["e0", "e1"]);
  });

  it("the other calls of a reply, with their results", () => {
    const log = new LogWriter();
    log.say("user", "go");
    log.call("a", "r1");
    log.result("a");
    log.call("b", "r1");
    log.result("b");
    log.forget(["e1"], null);
    expect(idsOf(viewOf(log.events))).toEqual(["e0"]);
  });

  it("a call without its result, and a result without its call", () => {
    const log = new LogWriter();
    log.call("a", "r1");
    log.result("a");
    log.call("b", "r2");
    log.result("b");
    log.forget(["e1", "e2"], null);
    expect(idsOf(viewOf(log.events))).toEqual([]);
  });

  it("the rest of a turn with signed thoughts", () => {
    const log = new LogWriter();
    log.say("user", "go");
    log.call("a", "r1", true);
    log.result("a");
    log.call("b", "r2");
    log.result("b");
    log.say("agent", "done");
    log.forget(["e3", "e4"], null);
    expect(idsOf(viewOf(log.events))).toEqual(["e0", "e5"]);
  });

  it("but not a call that still waits for its result", () => {
    const log = new LogWriter();
    log.say("user", "go");
    log.call("a", "r1");
    log.forget(["e0"], { text: "summary", offset: 0 });
    const view = viewOf(log.events);
    expect(idsOf(view)).toEqual(["e2-summary", "e1"]);
    expect(view.pending().map(({ id }) => id)).toEqual(["e1"]);
  });

  it("a result whose call was forgotten before it came", () => {
    const log = new LogWriter();
    log.call("a", "r1");
    log.forget(["e0"], null);
    log.result("a");
    expect(idsOf(viewOf(log.events))).toEqual([]);
  });
});

describe("the view may be cut", () => {
  it("between messages, and behind the results of a reply", () => {
    const log = new LogWriter();
    log.say("user", "go");
    log.call("a", "r1");
    log.call("b", "r1");
    log.result("a");
    log.result("b");
    log.say("agent", "done");
    expect(manipulationIndices(viewOf(log.events).events)).toEqual([0, 1, 5, 6]);
  });

  it("not between calls of one reply, also when a bad one was answered at once", () => {
    const log = new LogWriter();
    log.call("a", "r1");
    log.result("a");
    log.call("b", "r1");
    log.result("b");
    expect(manipulationIndices(viewOf(log.events).events)).toEqual([0, 4]);
  });

  it("not in a turn with signed thoughts, but before the next of them", () => {
    const log = new LogWriter();
    log.call("a", "r1", true);
    log.result("a");
    log.call("b", "r2");
    log.result("b");
    log.call("c", "r3", true);
    log.result("c");
    expect(manipulationIndices(viewOf(log.events).events)).toEqual([0, 4, 6]);
  });

  it("not behind a call that waits", () => {
    const log = new LogWriter();
    log.say("user", "go");
    log.call("a", "r1");
    log.say("user", "well?");
    expect(manipulationIndices(viewOf(log.events).events)).toEqual([0, 1]);
  });
});

describe("on another branch of the tree", () => {
  it("a view of the branch knows nothing of a condensation on the one that was left", () => {
    const log = new LogWriter();
    log.prompt();
    const asked = log.say("user", "go");
    const first = log.call("a", "r1");
    const result = log.result("a");
    const condensation = log.forget([asked.id, first.id, result.id], { text: "summary", offset: 1 });
    const branch = [log.events[0] as Event, asked, first, result];
    expect(idsOf(viewOf([...branch, condensation]))).toEqual(["e0", "e4-summary"]);
    expect(idsOf(viewOf(branch))).toEqual(["e0", "e1", "e2", "e3"]);
    expect(viewOf(branch).measuredReply).toBe("r1");
  });

  it("a branch that begins between a call and its result has the call open, and no prompt shows it", () => {
    const log = new LogWriter();
    log.prompt();
    log.say("user", "go");
    log.call("a", "r1");
    const view = viewOf(log.events);
    expect(view.pending()).toHaveLength(1);
    expect(view.messages().map(({ role }) => role)).toEqual(["system", "user"]);
  });
});

/** What the agent and others do, one after the other; numbers choose among what is there. */
const acts = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ act: fc.constant("say" as const), byUser: fc.boolean() }) },
    {
      weight: 5,
      arbitrary: fc.record({
        act: fc.constant("call" as const),
        count: fc.integer({ min: 1, max: 3 }),
        isSigned: fc.boolean(),
        leaves: fc.integer({ min: 0, max: 9 }).map((chance) => chance === 0),
        repeats: fc.integer({ min: 0, max: 9 }).map((chance) => chance === 0),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        act: fc.constant("condense" as const),
        keepFirst: fc.integer({ min: 0, max: 4 }),
        maxSize: fc.integer({ min: 12, max: 20 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        act: fc.constant("tear" as const),
        places: fc.array(fc.nat(200), { maxLength: 6 }),
        offset: fc.option(fc.nat(30)),
      }),
    },
  ),
  { minLength: 1, maxLength: 60 },
);

type Act = typeof acts extends fc.Arbitrary<(infer One)[]> ? One : never;

/** Plays the acts into a log and a view that grows with it. */
function play(
  script: readonly Act[],
  onView: (view: PromptView) => void,
): { log: LogWriter; view: PromptView } {
  const log = new LogWriter();
  const view = new PromptView();
  let taken = 0;
  const take = () => {
    for (; taken < log.events.length; taken += 1) view.add(log.events[taken] as Event);
    onView(view);
  };
  log.prompt();
  for (const [number, one] of script.entries()) {
    take();
    switch (one.act) {
      case "say":
        log.say(one.byUser ? "user" : "agent", `words ${number}`);
        break;
      case "call":
        callAll(log, one, number);
        break;
      case "condense":
        condense(log, view, one);
        break;
      case "tear": {
        const ids = one.places
          .flatMap((place) => log.events[place] ?? [])
          .filter(({ kind }) => kind !== "SystemPromptEvent");
        log.forget(
          ids.map(({ id }) => id),
          one.offset === null ? null : { text: "torn", offset: 1 + one.offset },
        );
      }
    }
  }
  take();
  return { log, view };
}

function callAll(log: LogWriter, one: Extract<Act, { act: "call" }>, number: number): void {
  const ids = Array.from({ length: one.count }, (_, index) => `c${number}-${index}`);
  for (const [index, id] of ids.entries()) log.call(id, `r${number}`, one.isSigned && index === 0);
  for (const id of one.leaves ? ids.slice(1) : ids) log.result(id);
  if (one.repeats) log.result(ids[0] ?? "");
}

/** Condenses as a condenser of that size does, on request. */
function condense(log: LogWriter, view: PromptView, one: Extract<Act, { act: "condense" }>): void {
  const range = rangeToForget(
    view.events,
    { isRequested: true, excess: null, isLong: view.events.length > one.maxSize },
    { maxSize: one.maxSize, keepFirst: one.keepFirst, minimumProgress: 0.1 },
  );
  if (range === null) return;
  const forgotten = view.events.slice(range.start, range.end);
  const before = view.events.length;
  log.forget(
    forgotten.map(({ id }) => id),
    { text: "summary", offset: range.start },
  );
  const after = viewOf(log.events);
  // A condenser takes out what it says and nothing else: the places at which it cuts need no repair.
  expect(after.events).toHaveLength(before - forgotten.length + 1);
}

/**
 * Fails unless a provider would accept the messages: each call with its result right behind it, and no result alone.
 */
function expectAcceptable(messages: readonly Message[]): void {
  expect(messages[0]?.role).toBe("system");
  let open: string[] = [];
  for (const message of messages) {
    if (message.role === "tool") {
      expect(open).toContain(message.tool_call_id);
      open = open.filter((id) => id !== message.tool_call_id);
    } else {
      expect(open).toEqual([]);
      open = (message.tool_calls ?? []).map(({ id }) => id);
    }
  }
  expect(open).toEqual([]);
}

describe("whatever happens in a conversation", () => {
  it("every prompt has its system prompt first and each call with its result", () => {
    fc.assert(fc.property(acts, (script) => void play(script, (view) => expectAcceptable(view.messages()))));
  });

  it("a view that grew with the log is the one that is built of the whole log again", () => {
    fc.assert(
      fc.property(acts, (script) => {
        const { log, view } = play(script, (grown) => void grown.messages());
        const built = viewOf(log.events);
        expect(view.events).toEqual(built.events);
        expect(view.messages()).toEqual(built.messages());
        expect(view.pending()).toEqual(built.pending());
        expect(view.measuredReply).toEqual(built.measuredReply);
      }),
    );
  });

  it("signed thoughts are in the prompt with every call of their turn, or with none", () => {
    fc.assert(
      fc.property(acts, (script) => {
        // A summary in the middle of a turn is a message of the user, with which a turn ends.
        const whole = script.map((one) => (one.act === "tear" ? { ...one, offset: null } : one));
        const { log, view } = play(whole, () => {});
        const kept = new Set(idsOf(view));
        for (const turn of turnsOf(log.events)) {
          expect(new Set(turn.map((id) => kept.has(id))).size).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});

/** Ids of the answered calls of each turn that begins with signed thoughts, as the log has them without a break. */
function turnsOf(events: readonly Event[]): string[][] {
  const answered = new Set(
    events.flatMap((event) => (event.kind === "AgentErrorEvent" ? event.tool_call_id : [])),
  );
  const turns: string[][] = [];
  let turn: string[] | null = null;
  for (const event of events) {
    if (event.kind === "ActionEvent") {
      if (event.thinking_blocks?.length) {
        turn = [];
        turns.push(turn);
      }
      if (answered.has(event.tool_call_id)) turn?.push(event.id);
    } else if (event.kind !== "AgentErrorEvent") {
      turn = null;
    }
  }
  return turns;
}
