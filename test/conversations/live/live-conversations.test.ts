import { expect, it, onTestFinished } from "vitest";
import type { LiveConversation } from "../../../src/conversations/live/live-conversation.ts";
import { LiveConversations } from "../../../src/conversations/live/live-conversations.ts";
import { fixedClock } from "../../../src/testing/fixed-clock.ts";

/** Conversations that remember only when they were touched, and whether they are closed. */
function openLive(idleTtlSeconds: number | null) {
  const clock = fixedClock();
  const closed: string[] = [];
  const load = async (id: string) => {
    let touchedAt = 0;
    const touch = (now: number) => {
      touchedAt = now;
    };
    const isIdleSince = (moment: number) => touchedAt <= moment;
    const close = async () => void closed.push(id);
    return { touch, isIdleSince, close } as unknown as LiveConversation;
  };
  const left = async () => {};
  const live = new LiveConversations({ idleTtlSeconds, load, left, unclean: () => {}, now: clock.now });
  onTestFinished(() => void live.takeAll());
  const open = async (first: number, count: number) => {
    for (let index = first; index < first + count; index += 1) await live.get(`${index}`);
  };
  return { clock, live, closed, open };
}

it("beyond a thousand, those unused for longest leave before their time, but none in use", async () => {
  const { clock, live, closed, open } = openLive(1200);
  await open(0, 1_000);
  clock.advance(61_000);
  await live.get("0");
  await open(1_000, 5);
  await expect.poll(() => closed.length).toBeGreaterThan(0);
  expect(closed[0]).toBe("1");
  expect(closed).not.toContain("0");

  const before = closed.length;
  await open(2_000, 1_500);
  expect(closed.every((id) => Number(id) < 1_000)).toBe(true);
  expect(before).toBeLessThan(10);
});

it("none leaves where everything is to stay in memory", async () => {
  const { clock, closed, open } = openLive(null);
  await open(0, 1_000);
  clock.advance(3_600_000);
  await open(1_000, 100);
  expect(closed).toEqual([]);
});
