import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTool } from "../../../src/tools/define-tool.ts";
import { ArraySession, call, calls, echo, reply, says } from "./harness.ts";

const broken = defineTool({
  name: "broken",
  description: "Fails.",
  input: z.object({}),
  run: () => {
    throw new Error("no");
  },
});

const repeat = (word: string) => calls(call("echo", { text: word }));
const fail = () => calls(call("broken"));

async function statusAfter(script: ReturnType<typeof calls>[]) {
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

  it("not when the last of four calls was another", async () => {
    const { status } = await statusAfter([repeat("a"), repeat("a"), repeat("a"), repeat("b"), says("ok")]);
    expect(status).toBe("finished");
  });

  it("when one call fails a fourth time; at the third it is told, once", async () => {
    const { status, session } = await statusAfter([fail(), fail(), fail(), reply({}), fail()]);
    expect(status).toBe("stuck");
    const nudges = session.log.filter((line) =>
      line.startsWith("environment: The tool `broken` has now failed 3 times"),
    );
    expect(nudges).toHaveLength(1);
    expect(nudges[0]).toContain("Error executing tool 'broken': no");
  });

  it("when it replies three times without saying anything", async () => {
    const { status } = await statusAfter([reply({}), reply({}), reply({})]);
    expect(status).toBe("stuck");
  });

  it("when two calls take turns six times", async () => {
    const { status } = await statusAfter(["a", "b", "a", "b", "a", "b"].map(repeat));
    expect(status).toBe("stuck");
  });

  it("no more once the user has spoken", async () => {
    const { session } = await statusAfter([
      repeat("a"),
      repeat("a"),
      repeat("a"),
      repeat("a"),
      says("sorry"),
    ]);
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
      script: [...Array.from({ length: 6 }, () => repeat("a")), says("ok")],
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
