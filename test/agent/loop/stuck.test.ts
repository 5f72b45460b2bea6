import { describe, expect, it } from "vitest";
import { z } from "zod";
import { call, say } from "../../../src/testing/scripted-llm/llm-script.ts";
import { defineTool } from "../../../src/tools/define-tool.ts";
import { ArraySession, echo, type Script } from "./harness.ts";

const broken = defineTool({
  name: "broken",
  description: "Fails.",
  input: z.object({}),
  run: () => {
    throw new Error("no");
  },
});

const repeat = (word: string) => call("echo", { text: word });
const fail = () => call("broken");

async function statusAfter(script: Script[]) {
  const session = await ArraySession.open({ script, tools: [echo, broken] });
  await session.say("go");
  await session.run();
  return { status: session.state.execution_status, session };
}

describe("an agent is stuck", () => {
  it("when one call gives one result four times", async () => {
    const { status, session } = await statusAfter([repeat("a"), repeat("a"), repeat("a"), repeat("a")]);
    expect(status).toBe("stuck");
    expect(session.log.at(-1)).toBe("status stuck");
  });

  it("when the arguments of four equal calls come in another order", async () => {
    const move = defineTool({
      name: "move",
      description: "Moves.",
      input: z.object({ x: z.number(), y: z.number() }),
      run: () => "moved",
    });
    const there = call("move", { x: 1, y: 2 });
    const same = call("move", { y: 2, x: 1 });
    const session = await ArraySession.open({ script: [there, same, there, same], tools: [move] });
    await session.run();
    expect(session.state.execution_status).toBe("stuck");
  });

  it("not when the last of four calls was another", async () => {
    const { status } = await statusAfter([repeat("a"), repeat("a"), repeat("a"), repeat("b"), say("ok")]);
    expect(status).toBe("finished");
  });

  it("when one call fails a fourth time; at the third it is told, once", async () => {
    const { status, session } = await statusAfter([fail(), fail(), fail(), [], fail()]);
    expect(status).toBe("stuck");
    const nudges = session.log.filter((line) =>
      line.startsWith("environment: The tool `broken` has now failed 3 times"),
    );
    expect(nudges).toHaveLength(1);
    expect(nudges[0]).toContain("Error executing tool 'broken': no");
  });

  it("when it replies three times without saying anything", async () => {
    const { status } = await statusAfter([[], [], []]);
    expect(status).toBe("stuck");
  });

  it("when two calls take turns six times", async () => {
    const { status } = await statusAfter(["a", "b", "a", "b", "a", "b"].map(repeat));
    expect(status).toBe("stuck");
  });

  it("no more once the user has spoken", async () => {
    const { session } = await statusAfter([repeat("a"), repeat("a"), repeat("a"), repeat("a"), say("sorry")]);
    await session.say("try something else");
    await session.run();
    expect(session.state.execution_status).toBe("finished");
  });

  it("again at once when it is run without a word", async () => {
    const { session } = await statusAfter([repeat("a"), repeat("a"), repeat("a"), repeat("a")]);
    await session.run();
    expect(session.log.slice(-2)).toEqual(["status running", "status stuck"]);
  });

  it("never when detection is off", async () => {
    const session = await ArraySession.open({
      script: [...Array.from({ length: 6 }, () => repeat("a")), say("ok")],
      state: { stuck_detection: false },
    });
    await session.run();
    expect(session.state.execution_status).toBe("finished");
  });

  it("at thresholds of the caller's own", async () => {
    const session = await ArraySession.open({ script: [repeat("a"), repeat("a")] });
    const stuckThresholds = { action_observation: 2, action_error: 3, monologue: 3, alternating_pattern: 6 };
    await session.run({ stuckThresholds });
    expect(session.state.execution_status).toBe("stuck");
  });
});
