import { expect, it } from "vitest";
import { systemClock } from "../../../src/clock.ts";
import { LogView } from "../../../src/conversations/live/session/log-view.ts";
import { branchSpans } from "../../../src/events/branch.ts";
import { EventLog } from "../../../src/events/event-log.ts";
import { serialiseEvent } from "../../../src/events/serialise-event.ts";
import { createTimestamps } from "../../../src/events/timestamp.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import type { Store } from "../../../src/stores/store.ts";
import type { Event, NewEvent } from "../../../src/wire/events/events.ts";
import { text } from "../../../src/wire/events/message.ts";

const HEADER = { createdAt: "2026", updatedAt: "2026", status: "idle", title: null } as const;

/** Numbers that are the same in every run of the test. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A conversation with its log and the view that is kept up with it. */
interface Live {
  id: string;
  log: EventLog;
  view: LogView;
}

async function open(store: Store, id: string): Promise<Live> {
  const [record] = await store.conversations.find([id], []);
  let view: LogView | undefined;
  const log: EventLog = new EventLog({
    conversationId: id,
    store,
    timestamps: createTimestamps(systemClock),
    newId: () => crypto.randomUUID(),
    nextSeq: record?.eventCount ?? 0,
    leafEventId: record?.leafEventId ?? null,
    onAppended: (events) => view?.follow(events),
  });
  view = new LogView({ conversationId: id, log, events: store.events });
  await view.read();
  return { id, log, view };
}

async function eventsOf(store: Store, id: string): Promise<Event[]> {
  const rows = await store.events.search(id, { order: "asc", limit: 10_000 });
  return rows.map(({ json }) => JSON.parse(json) as Event);
}

/** Appends what an agent and its user do: words, calls with and without results, states, and condensations. */
async function append({ log, view }: Live, pick: (below: number) => number): Promise<void> {
  const events: NewEvent[] = [];
  const call = `call-${pick(1_000_000)}`;
  switch (pick(6)) {
    case 0:
      events.push({ kind: "SystemPromptEvent", source: "agent", system_prompt: text("Be good."), tools: [] });
      break;
    case 1:
      events.push(message("user", `Hello ${pick(100)}`));
      break;
    case 2:
      events.push(message("agent", `Hi ${pick(100)}`));
      break;
    case 3: {
      const action = actionEvent(call);
      events.push(action);
      if (pick(3) > 0) events.push(observation(call, action.id ?? ""));
      break;
    }
    case 4:
      events.push({ kind: "ConversationStateUpdateEvent", source: "environment", key: "tags", value: {} });
      break;
    case 5: {
      const forgotten = view.view.events.filter(({ kind }) => kind === "MessageEvent").slice(0, pick(3));
      events.push({
        kind: "Condensation",
        source: "environment",
        forgotten_event_ids: forgotten.map((event) => event.id),
        summary: "Summary.",
        summary_offset: 0,
        llm_response_id: pick(2) === 0 ? "" : "reply",
      });
    }
  }
  await log.append(events);
}

function message(source: "user" | "agent", words: string): NewEvent {
  const role = source === "user" ? "user" : "assistant";
  return {
    kind: "MessageEvent",
    source,
    llm_message: { role, content: [text(words)], thinking_blocks: [] },
    activated_skills: [],
    extended_content: [],
  };
}

function actionEvent(call: string): Extract<NewEvent, { kind: "ActionEvent" }> {
  return {
    kind: "ActionEvent",
    id: crypto.randomUUID(),
    source: "agent",
    thought: [],
    thinking_blocks: [],
    action: { kind: "ThinkAction", thought: "hm" },
    tool_name: "think",
    tool_call_id: call,
    tool_call: { id: call, name: "think", arguments: "{}", origin: "completion" },
    llm_response_id: `reply-${call}`,
    security_risk: "UNKNOWN",
  } as Extract<NewEvent, { kind: "ActionEvent" }>;
}

function observation(call: string, action: string): NewEvent {
  return {
    kind: "ObservationEvent",
    source: "environment",
    tool_name: "think",
    tool_call_id: call,
    observation: { kind: "ThinkObservation", content: [text("ok")], is_error: false },
    action_id: action,
  } as NewEvent;
}

async function navigate(
  store: Store,
  { id, log, view }: Live,
  pick: (below: number) => number,
): Promise<void> {
  const events = await eventsOf(store, id);
  const target = pick(8) === 0 ? null : (events[pick(events.length)]?.id ?? null);
  const branch = await view.readBranch(target);
  if (branch === undefined) throw new Error("an event of the log is not found");
  view.adopt(branch);
  await log.commit({ update: { leafEventId: target } });
}

/** Forks the conversation, whole or from an event, and goes on with the fork. */
async function fork(store: Store, { id, log }: Live, pick: (below: number) => number): Promise<Live> {
  const events = await eventsOf(store, id);
  const from = pick(2) === 0 ? undefined : events[pick(events.length)]?.id;
  const spans =
    from === undefined
      ? [{ first: 0, last: events.length - 1 }]
      : await branchSpans({ events: store.events, conversationId: id, leafId: from });
  const forkId = crypto.randomUUID();
  await store.commit({
    conversationId: forkId,
    create: { ...HEADER, parentId: null, createdBy: null, leafEventId: from ?? log.head },
    copied: { conversationId: id, spans },
  });
  return open(store, forkId);
}

function shown({ view, hasPrompt }: LogView) {
  return {
    messages: view.messages(),
    pending: view.pending().map(({ id }) => id),
    recent: view.recent(100).map((event) => serialiseEvent(event)),
    events: view.events.map(({ id }) => id),
    hasPrompt,
  };
}

it("after any sequence of events, moves of HEAD and forks, the view is the one that is read again", async () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const pick = random(seed);
    const store = memoryStore();
    const id = crypto.randomUUID();
    await store.commit({
      conversationId: id,
      create: { ...HEADER, parentId: null, createdBy: null, leafEventId: null },
    });
    let live = await open(store, id);
    await append(live, () => 1);
    for (let step = 0; step < 40; step += 1) {
      const what = pick(10);
      if (what < 7) await append(live, pick);
      else if (what < 9) await navigate(store, live, pick);
      else live = await fork(store, live, pick);
      const again = await open(store, live.id);
      expect(shown(live.view), `seed ${seed}, step ${step}`).toEqual(shown(again.view));
    }
  }
}, 300_000);
