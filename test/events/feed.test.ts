import { describe, expect, test } from "vitest";
import { Feed, type FeedReader } from "../../src/events/feeds/feed.ts";
import { retainedBytes } from "../heap.ts";

function drain(reader: FeedReader): string[] {
  const texts: string[] = [];
  for (let text = reader.take(); text !== undefined; text = reader.take()) texts.push(text);
  return texts;
}

describe("a reader", () => {
  test("sees what is published after it came, in order, at its own pace", () => {
    const feed = new Feed();
    feed.publish("before");
    const first = feed.read();
    feed.publish("one");
    const second = feed.read();
    feed.publish("two");
    expect(first.take()).toBe("one");
    expect(drain(second)).toEqual(["two"]);
    expect(drain(first)).toEqual(["two"]);
    expect(first.take()).toBeUndefined();
  });

  test("knows how far it is behind", () => {
    const feed = new Feed();
    const reader = feed.read();
    feed.publish("12345");
    feed.publish("123");
    expect(reader.lagBytes).toBe(8);
    reader.take();
    expect(reader.lagBytes).toBe(3);
    expect(feed.read().lagBytes).toBe(0);
    reader.close();
    expect(reader.lagBytes).toBe(0);
  });

  test("waits until something is published", async () => {
    const feed = new Feed();
    const reader = feed.read();
    let woken = false;
    const waiting = reader.wait().then(() => {
      woken = true;
    });
    await new Promise(setImmediate);
    expect(woken).toBe(false);
    feed.publish("now");
    await waiting;
    expect(reader.take()).toBe("now");
  });

  test("does not wait for what is already there", async () => {
    const feed = new Feed();
    const reader = feed.read();
    feed.publish("there");
    await reader.wait();
    expect(reader.take()).toBe("there");
  });

  test("stops waiting when its signal aborts, and can wait again", async () => {
    const feed = new Feed();
    const reader = feed.read();
    const abort = new AbortController();
    const waiting = reader.wait(abort.signal);
    abort.abort();
    await waiting;
    await reader.wait(abort.signal);
    expect([reader.take(), reader.ended]).toEqual([undefined, false]);
  });

  test("is not woken by the closing of another", async () => {
    const feed = new Feed();
    const reader = feed.read();
    let woken = false;
    void reader.wait().then(() => {
      woken = true;
    });
    feed.read().close();
    await new Promise(setImmediate);
    expect(woken).toBe(false);
  });

  test("passes over events it has from elsewhere, and everything published before them", () => {
    const feed = new Feed();
    const reader = feed.read();
    feed.publish("three", { seq: 3 });
    feed.publish("passing by", { at: 4 });
    feed.publish("four", { seq: 4 });
    feed.publish("still before five", { at: 5 });
    reader.passOver(5);
    feed.publish("five", { seq: 5 });
    feed.publish("after five", { at: 6 });
    feed.publish("six", { seq: 6 });
    expect(drain(reader)).toEqual(["after five", "six"]);
    expect(reader.lagBytes).toBe(0);
  });

  test("ends at once when it is closed", async () => {
    const feed = new Feed();
    const reader = feed.read();
    feed.publish("never read");
    const other = feed.read();
    const waiting = other.wait();
    expect(feed.readerCount).toBe(2);
    other.close();
    reader.close();
    reader.close();
    await waiting;
    expect([reader.ended, reader.take(), feed.readerCount]).toEqual([true, undefined, 0]);
  });
});

describe("a closed feed", () => {
  test("lets readers take what is left, then ends them", async () => {
    const feed = new Feed();
    const behind = feed.read();
    const waiting = feed.read().wait();
    feed.publish("left");
    feed.close("closed");
    feed.publish("too late");
    await waiting;
    expect(behind.ended).toBe(false);
    expect(drain(behind)).toEqual(["left"]);
    expect([behind.ended, behind.end]).toEqual([true, "closed"]);
    await behind.wait();
  });
});

test("a frame that every reader has passed is given back to memory", async () => {
  const feed = new Feed();
  const readers = [feed.read(), feed.read()];
  const size = 64 * 1024;
  const before = await retainedBytes();
  for (let frame = 0; frame < 1_000; frame++) {
    feed.publish(String(frame).padEnd(size, "x").split("").join(""));
    for (const reader of readers) reader.take();
  }
  expect((await retainedBytes()) - before).toBeLessThan(100 * size);
  expect(readers.every((reader) => reader.lagBytes === 0)).toBe(true);
}, 90_000);
