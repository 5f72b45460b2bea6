import { expect, it } from "vitest";
import {
  faultsOf,
  type History,
  type LogEntry,
  longestCalmSilence,
  longestSilence,
  takeoversOf,
} from "./history.ts";

const ID = "a-conversation";

/** A message, a call that is cut and taken over, and one that is answered. */
function sound(): History {
  const log: LogEntry[] = [
    { seq: 0, id: "e0", kind: "MessageEvent", fence: 3, at: 1_000, text: "Go." },
    { seq: 1, id: "e1", kind: "ActionEvent", fence: 3, at: 1_100, toolCallId: "call-1" },
    { seq: 2, id: "e2", kind: "AgentErrorEvent", fence: 7, at: 5_000, toolCallId: "call-1" },
    { seq: 3, id: "e3", kind: "ActionEvent", fence: 7, at: 5_100, toolCallId: "call-2" },
    { seq: 4, id: "e4", kind: "ObservationEvent", fence: 7, at: 5_200, toolCallId: "call-2" },
  ];
  const starts = [
    { conversation: ID, toolCallId: "call-1", at: 1_110 },
    { conversation: ID, toolCallId: "call-2", at: 5_110 },
  ];
  const seen = [
    log.map(({ seq, id, at }) => ({ seq, id, at: at + 5 })),
    log.slice(2).map(({ seq, id, at }) => ({ seq, id, at: at + 9 })),
  ];
  return {
    conversations: [{ id: ID, log, seen, accepted: ["Go."], status: "finished" }],
    starts,
  };
}

/** The same history, damaged. */
function broken(damage: (log: LogEntry[], history: Damaged) => void): string[] {
  const history = structuredClone(sound()) as unknown as Damaged;
  damage(history.conversations[0]?.log ?? [], history);
  return faultsOf(history as History);
}

interface Damaged {
  conversations: {
    id: string;
    log: LogEntry[];
    seen: { seq: number; id: string; at: number }[][];
    accepted: string[];
    status: string;
  }[];
  starts: { conversation: string; toolCallId: string; at: number }[];
}

it("a history without a fault has none, and says how long it was silent and how often it was taken over", () => {
  expect(faultsOf(sound())).toEqual([]);
  expect(longestSilence(sound())).toBe(3_900);
  expect(takeoversOf(sound())).toBe(1);
});

it("a silence counts as far as nothing was wrong in it", () => {
  const calmSilence = (...troubles: [number, number][]) =>
    longestCalmSilence(
      sound(),
      troubles.map(([from, to]) => ({ from, to })),
    );
  expect(calmSilence()).toEqual({ conversation: ID, from: 1_105, to: 5_005 });
  expect(calmSilence([0, 9_000])).toBeUndefined();
  expect(calmSilence([1_500, 4_000])).toMatchObject({ from: 4_000, to: 5_005 });
  expect(calmSilence([2_000, 4_500], [1_200, 3_000])).toMatchObject({ from: 4_500, to: 5_005 });
});

it("an event that a client got and that is gone, or is elsewhere, is found", () => {
  const lost = broken((log) => log.pop());
  expect(lost).toContain(`${ID}: client 0 got e4 at 4, where nothing is`);
  const moved = broken((log) => Object.assign(log[2] ?? {}, { id: "other" }));
  expect(moved).toContain(`${ID}: client 1 got e2 at 2, where other is`);
});

it("a gap in the log and an event that is there twice are found", () => {
  expect(broken((log) => log.splice(2, 1))).toContain(`${ID}: place 2 of the log holds place 3`);
  expect(broken((log) => Object.assign(log[4] ?? {}, { id: "e3" }))).toContain(
    `${ID}: event e3 is at 3 and at 4`,
  );
});

it("events that a client misses, gets twice or out of order are found", () => {
  const change = (change: (seen: { seq: number; id: string; at: number }[]) => void) =>
    broken((_log, { conversations }) => change(conversations[0]?.seen[0] ?? []));
  expect(change((seen) => seen.splice(1, 1))).toEqual([`${ID}: client 0 got 2 after 0`]);
  expect(change((seen) => seen.splice(1, 0, ...seen.slice(1, 2)))).toEqual([`${ID}: client 0 got 1 after 1`]);
  expect(change((seen) => seen.reverse())).toHaveLength(4);
});

it("a fence that falls is found", () => {
  expect(broken((log) => Object.assign(log[4] ?? {}, { fence: 3 }))).toContain(
    `${ID}: the fence falls from 7 to 3 at 4`,
  );
});

it("a call with two results, a call that is made twice and a result without a call are found", () => {
  const answeredTwice = broken((log) => Object.assign(log[4] ?? {}, { toolCallId: "call-1" }));
  expect(answeredTwice).toContain(`${ID}: call call-1 is answered at 2 and 4`);
  const madeTwice = broken((log) => Object.assign(log[3] ?? {}, { toolCallId: "call-1" }));
  expect(madeTwice).toContain(`${ID}: call call-1 is made at 1 and 3`);
  expect(madeTwice).toContain(`${ID}: the result at 4 answers call-2, which is no call`);
});

it("a tool that begins twice, without a stored call, or after its conversation was taken over is found", () => {
  const start = (start: { toolCallId: string; at: number }) =>
    broken((_log, { starts }) => starts.push({ conversation: ID, ...start }));
  expect(start({ toolCallId: "call-2", at: 5_150 })).toEqual([`${ID}: call-2 began twice`]);
  expect(start({ toolCallId: "call-3", at: 5_150 })).toEqual([`${ID}: call-3 began and is not in the log`]);
  const late = broken((_log, { starts }) => Object.assign(starts[0] ?? {}, { at: 5_040 }));
  expect(late).toEqual([`${ID}: call-1 began under 3, 40 ms after 7 had written`]);
});

it("a tool that begins in a conversation that does not exist is found", () => {
  const stray = broken((_log, { starts }) =>
    starts.push({ conversation: "other", toolCallId: "call-2", at: 0 }),
  );
  expect(stray).toEqual(["a tool began in other, which is no conversation"]);
});

it("a message that was answered with success and is not in the log is found", () => {
  const lost = broken((_log, { conversations }) => conversations[0]?.accepted.push("Stop."));
  expect(lost).toEqual([`${ID}: the message Stop. is lost`]);
});

it("a conversation that does not go on in the end is found", () => {
  const stuck = broken((_log, { conversations }) => {
    if (conversations[0]) conversations[0].status = "running";
  });
  expect(stuck).toEqual([`${ID}: it is running in the end`]);
});
