import { expect, it } from "vitest";
import { systemClock } from "../../../../src/clock.ts";
import { goalEvent } from "../../../../src/conversations/live/goal/goal-status.ts";
import { LogView } from "../../../../src/conversations/live/session/log-view.ts";
import { EventLog } from "../../../../src/events/event-log.ts";
import { createTimestamps } from "../../../../src/events/timestamp.ts";
import { memoryStore } from "../../../../src/stores/memory.ts";
import type { GoalStatus } from "../../../../src/wire/asides/goal.ts";

const ID = "0a0b0c0d-0000-4000-8000-00000000f0f0";

function goal(objective: string): GoalStatus {
  return { active: false, status: "complete", iteration: 1, max_iterations: 2, objective, verdict: null };
}

it("the last goal is the one that came while the log was being read, not an older one of the log", async () => {
  const store = memoryStore();
  const header = {
    createdAt: "2026",
    updatedAt: "2026",
    status: "idle",
    title: null,
    parentId: null,
    createdBy: null,
  } as const;
  await store.commit({ conversationId: ID, create: { ...header, leafEventId: null }, documents: {} });
  let view: LogView | undefined;
  const log: EventLog = new EventLog({
    conversationId: ID,
    store,
    timestamps: createTimestamps(systemClock),
    newId: () => crypto.randomUUID(),
    nextSeq: 0,
    leafEventId: null,
    onAppended: (events) => view?.follow(events),
  });
  await log.append([goalEvent(goal("old"))]);
  const begun = Promise.withResolvers<void>();
  const slow = Promise.withResolvers<void>();
  const events: typeof store.events = {
    find: (...asked) => store.events.find(...asked),
    count: (...asked) => store.events.count(...asked),
    search: async (...asked) => {
      const found = await store.events.search(...asked);
      begun.resolve();
      await slow.promise;
      return found;
    },
  };
  view = new LogView({ conversationId: ID, log, events });
  const reading = view.read();
  await begun.promise;
  await log.append([goalEvent(goal("new"))]);
  slow.resolve();
  await reading;
  expect(view.lastGoal).toMatchObject({ objective: "new" });
});
