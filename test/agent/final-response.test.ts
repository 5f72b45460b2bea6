import { expect, it } from "vitest";
import { agentFinalResponse } from "../../src/agent/final-response.ts";
import { ArraySession, call, calls, finishes, says } from "./loop/harness.ts";

async function responseAfter(...script: ReturnType<typeof says>[]) {
  const session = await ArraySession.open({ script });
  await session.say("go");
  await session.run();
  return agentFinalResponse(session.events.toReversed());
}

it("is the message of the finish call", async () => {
  expect(await responseAfter(calls(call("echo", { text: "a" })), finishes("All done."))).toBe("All done.");
});

it("is the last text of the agent when it did not call finish", async () => {
  expect(await responseAfter(says("Hello."))).toBe("Hello.");
});

it("is empty when the agent has not spoken", () => {
  expect(agentFinalResponse([])).toBe("");
});
