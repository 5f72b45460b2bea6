import { describe, expect, it } from "vitest";
import { z } from "zod";
import { call, say } from "../../../src/testing/scripted-llm/llm-script.ts";
import { defineTool } from "../../../src/tools/define-tool.ts";
import { ArraySession } from "./harness.ts";

/** Tools that tell when they begin, and end when the test lets them. */
function gates() {
  const running = new Set<string>();
  const waiting = new Map<string, () => void>();
  const began: string[] = [];
  const tool = defineTool({
    name: "gate",
    description: "Waits at a gate.",
    input: z.object({ id: z.string(), touches: z.array(z.string()).default([]) }),
    resources: ({ touches }) => touches,
    run: async ({ id }) => {
      began.push(id);
      running.add(id);
      await new Promise<void>((resolve) => waiting.set(id, resolve));
      running.delete(id);
      return id;
    },
  });
  const open = async (id: string) => {
    await until(() => waiting.has(id));
    waiting.get(id)?.();
    await settle();
  };
  return { tool, running, began, open };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

const gate = (id: string, ...touches: string[]) => call("gate", { id, touches });
const results = (session: ArraySession) => session.log.filter((line) => line.startsWith("result gate"));

async function start(limit: number, toolCalls: ReturnType<typeof call>[]) {
  const gated = gates();
  const session = await ArraySession.open({
    tools: [gated.tool],
    script: [[...toolCalls], say("done")],
    agent: { tool_concurrency_limit: limit },
  });
  const done = session.run();
  await until(() => gated.began.length > 0);
  await settle();
  return { ...gated, session, done };
}

describe("calls of one reply", () => {
  it("run one after the other by default", async () => {
    const { began, open, done } = await start(1, [gate("a"), gate("b")]);
    expect(began).toEqual(["a"]);
    await open("a");
    expect(began).toEqual(["a", "b"]);
    await open("b");
    await done;
  });

  it("run side by side up to the agent's limit", async () => {
    const { running, open, done } = await start(2, [gate("a"), gate("b"), gate("c")]);
    expect([...running]).toEqual(["a", "b"]);
    await open("b");
    expect([...running]).toEqual(["a", "c"]);
    await open("a");
    await open("c");
    await done;
  });

  it("that touch the same thing wait for each other, in order; others pass them", async () => {
    const { began, open, done } = await start(4, [
      gate("a", "x"),
      gate("b", "x", "y"),
      gate("c", "y"),
      gate("d", "z"),
    ]);
    expect(began).toEqual(["a", "d"]);
    await open("a");
    expect(began).toEqual(["a", "d", "b"]);
    await open("b");
    expect(began).toEqual(["a", "d", "b", "c"]);
    await open("c");
    await open("d");
    await done;
  });

  it("have each result in the log as soon as it and those before it are there", async () => {
    const { session, open, done } = await start(3, [gate("a"), gate("b"), gate("c")]);
    await open("b");
    expect(results(session)).toEqual([]);
    await open("a");
    expect(results(session)).toEqual(["result gate: a", "result gate: b"]);
    await open("c");
    await done;
    expect(results(session)).toEqual(["result gate: a", "result gate: b", "result gate: c"]);
  });
});
