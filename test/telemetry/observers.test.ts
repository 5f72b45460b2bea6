import type { Logger, Observer } from "agent-server";
import { createTestServer, say, scriptedLlm } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { silentLogger } from "../../src/logger.ts";
import { NO_OBSERVERS, Observers } from "../../src/observing/observers.ts";

const done = <T>(result: T) => ({ work: async () => result, ended: () => ({}) });

describe("an observer that fails", () => {
  it("changes nothing, and is reported once for each kind of work", async () => {
    const reports: object[] = [];
    const logger: Logger = { ...silentLogger, error: (fields) => reports.push(fields) };
    const broken = () => {
      throw new Error("broken");
    };
    const faulty: Observer = { sync: broken, commit: () => ({ ended: broken }), traceHeaders: broken };
    const observers = new Observers([faulty], logger);
    for (let time = 0; time < 3; time += 1) {
      expect(await observers.watch("sync", {}, done("synced"))).toBe("synced");
      expect(await observers.watch("commit", { events: 1 }, done("stored"))).toBe("stored");
    }
    expect(observers.traceHeaders({ to: "mcp", method: "POST", url: new URL("http://mcp.example") })).toEqual(
      {},
    );
    expect(reports).toEqual([
      { kind: "sync", error: "broken" },
      { kind: "commit", error: "broken" },
      { kind: "traceHeaders", error: "broken" },
    ]);
  });

  it("does not keep work from being done, once, where it surrounds it", async () => {
    let times = 0;
    const work = async () => {
      times += 1;
      return "synced";
    };
    const before = () => {
      throw new Error("broken");
    };
    const after = (begin: () => unknown) => {
      begin();
      throw new Error("broken");
    };
    for (const around of [before, after, () => undefined]) {
      times = 0;
      const faulty = { sync: () => ({ around }) } as unknown as Observer;
      const observers = new Observers([faulty], silentLogger);
      expect(await observers.watch("sync", {}, { work, ended: () => ({}) })).toBe("synced");
      expect(times).toBe(1);
    }
  });

  it("leaves an agent at work", async () => {
    const broken = () => {
      throw new Error("broken");
    };
    const all: Observer = {
      ...{ request: broken, run: broken, step: broken, modelCall: broken, toolCall: broken, commit: broken },
    };
    await using server = await createTestServer({ llm: scriptedLlm([say("Done.")]), observers: [all] });
    const chat = await server.start("Go.");
    await chat.expectFinished("Done.");
  });
});

describe("several observers", () => {
  it("surround the work in their order, and each hears how it ended", async () => {
    const heard: string[] = [];
    const named = (name: string): Observer => ({
      sync: () => ({
        around(work) {
          heard.push(`${name} begins`);
          return work();
        },
        ended: () => heard.push(`${name} ended`),
        failed: (error) => heard.push(`${name} failed: ${String(error)}`),
      }),
    });
    const observers = new Observers([named("first"), {}, named("second")]);
    await observers.watch("sync", {}, done(undefined));
    const failing = { work: () => Promise.reject("no disk"), ended: () => ({}) };
    await expect(observers.watch("sync", {}, failing)).rejects.toBe("no disk");
    expect(heard).toEqual([
      ...["first begins", "second begins", "first ended", "second ended"],
      ...["first begins", "second begins", "first failed: no disk", "second failed: no disk"],
    ]);
  });

  it("are asked with their own `this`", async () => {
    class Counting {
      count = 0;
      sync() {
        this.count += 1;
        return undefined;
      }
    }
    const counting = new Counting();
    await new Observers([counting]).watch("sync", {}, done(undefined));
    expect(counting.count).toBe(1);
  });
});

it("work that nothing watches is begun as it is", async () => {
  const promise = Promise.resolve("done");
  const watched = NO_OBSERVERS.watch("sync", {}, { work: () => promise, ended: () => ({}) });
  expect(watched).toBe(promise);
});
