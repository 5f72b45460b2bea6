import { describe, expect, it } from "vitest";
import { EventLog, type EventLogOptions } from "../../src/events/event-log.ts";
import type { EventMail } from "../../src/events/mail/event-mail.ts";
import { createTimestamps } from "../../src/events/timestamp.ts";
import type { Frame } from "../../src/stores/frame-relay.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import type { Change } from "../../src/stores/store.ts";
import type { NewEvent } from "../../src/wire/events/events.ts";

const ID = "aaaaaaaa-0000-4000-8000-000000000001";
const pause: NewEvent = { source: "user", kind: "PauseEvent" };
const hookRecord = { source: "hook", kind: "HookExecutionEvent", hook_event_type: "PreToolUse" } as NewEvent;
const state = {
  source: "environment",
  key: "title",
  value: "a",
  kind: "ConversationStateUpdateEvent",
} as const;
const delta = {
  source: "agent",
  content: "a",
  reasoning_content: null,
  kind: "StreamingDeltaEvent",
} as const;
const started = { type: "item_started", item_id: "event-9", attempt: 1 } as const;
const aborted = { type: "item_aborted", item_id: "event-9", attempt: 1, reason: "cancelled" } as const;

/** A log whose frames and commits are noted; a commit fails with the next of the `failures`. */
function open(options: Partial<EventLogOptions> = {}, failures: (Error | undefined)[] = []) {
  const frames: Frame[] = [];
  const changes: Change[] = [];
  const relay = { ...memoryStore().relay, publish: (_id: string, frame: Frame) => void frames.push(frame) };
  const commit = async (change: Change) => {
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
    changes.push(change);
  };
  let ids = 0;
  const clock = { now: () => Date.UTC(2026, 0, 1), newId: () => `event-${ids++}` };
  const log = new EventLog({
    conversationId: ID,
    store: { commit, relay },
    timestamps: createTimestamps(clock),
    newId: clock.newId,
    nextSeq: 0,
    leafEventId: null,
    ...options,
  });
  const places = () => frames.map((frame) => ("place" in frame ? frame.place : undefined));
  return { log, frames, changes, places };
}

const kindOf = ({ json }: { json: string }) => JSON.parse(json).kind as string;

/** Receivers elsewhere, who are sent every event. */
function receivers() {
  const stored: string[] = [];
  const mail: EventMail = {
    messagesOf: (events) => events.map((json) => ({ queue: "all", json, at: 0 })),
    stored: (messages) => void stored.push(...messages.map(kindOf)),
  };
  return { mail, stored };
}

describe("the frames of what is not stored", () => {
  it("are counted from the last stored event on", async () => {
    const { log, places } = open();
    log.publish(state);
    log.publish(delta);
    await log.append([pause]);
    log.publishProgress(started);
    expect(places()).toEqual([{ at: 0, nth: 0 }, { at: 0, nth: 1 }, undefined, { at: 1, nth: 0 }]);
  });

  it("end with a write that fails, but for the end of a reply, which belongs to no moment then", async () => {
    const { log, frames, places } = open({}, [new Error("the disk is full")]);
    await expect(log.append([pause])).rejects.toThrow("the disk is full");
    await log.settled();
    const before = frames.length;
    log.publish(state);
    log.publish(delta);
    log.publishProgress(started);
    log.publishProgress(aborted);
    expect(frames.slice(before)).toMatchObject([{ kind: "progress" }]);
    expect(places().slice(before)).toEqual([undefined]);
  });
});

describe("the messages about events", () => {
  it("are stored with the events, and on their own for what is not stored; none for pieces of a reply", async () => {
    const { mail, stored } = receivers();
    const { log, changes } = open({ mail });
    await log.append([pause]);
    log.publish(delta);
    log.publish(state);
    await log.settled();
    await log.commit({ documents: { a: "1" } });
    const kinds = changes.map(({ messages }) => messages?.map(kindOf));
    expect(kinds).toEqual([["PauseEvent"], ["ConversationStateUpdateEvent"], undefined]);
    expect(stored).toEqual(["PauseEvent", "ConversationStateUpdateEvent"]);
  });

  it("are not stored once the log is closed, or has lost a write", async () => {
    const { mail } = receivers();
    const closed = open({ mail });
    await closed.log.close();
    closed.log.publish(state);
    await closed.log.settled();
    expect(closed.changes).toEqual([]);
    const failed = open({ mail }, [new Error("the disk is full")]);
    await expect(failed.log.append([pause])).rejects.toThrow("the disk is full");
    failed.log.publish(state);
    await failed.log.settled();
    expect(failed.changes).toEqual([]);
  });
});

describe("the place of an event", () => {
  it("is behind the last event of the branch, where records of hooks that are off it stand in between", async () => {
    const { log } = open();
    const events = await log.append([pause, hookRecord, pause, hookRecord, state as NewEvent]);
    expect(events.map(({ parent_id }) => parent_id)).toEqual([
      null,
      "event-0",
      "event-0",
      "event-2",
      "event-3",
    ]);
  });

  it("counts what is still being stored", async () => {
    const { log } = open();
    expect([log.lastSeq, log.lastCalledSeq, log.isSettled]).toEqual([-1, -1, true]);
    const appending = log.append([pause, pause]);
    expect([log.lastSeq, log.lastCalledSeq, log.isSettled]).toEqual([-1, 1, false]);
    await appending;
    expect([log.lastSeq, log.lastCalledSeq, log.isSettled]).toEqual([1, 1, true]);
  });
});
