import { expect, it } from "vitest";
import { call, say } from "../../src/testing/scripted-llm/llm-script.ts";
import { scriptedLlm } from "../../src/testing/scripted-llm/scripted-llm.ts";
import { createTestServer } from "../../src/testing/test-server.ts";

type Script = Parameters<typeof scriptedLlm>[0];

async function lastWordsAfter(steps: Script, message?: string): Promise<string> {
  await using server = await createTestServer({ llm: scriptedLlm(steps), tools: ["task_tracker"] });
  const chat = await server.start(message);
  if (message !== undefined) await chat.idle();
  return await server.conversations.agentFinalResponse(chat.id);
}

it("is the message of the finish call", async () => {
  const steps = [call("think", { thought: "hm" }), call("finish", { message: "All done." })];
  expect(await lastWordsAfter(steps, "Go.")).toBe("All done.");
});

it("is the last text of the agent when it did not call finish", async () => {
  expect(await lastWordsAfter([say("Hello.")], "Hi.")).toBe("Hello.");
});

it("is empty while the agent has not spoken", async () => {
  expect(await lastWordsAfter([])).toBe("");
});

it("is found behind many calls that came after it", async () => {
  let step = 0;
  const calls = () => {
    step += 1;
    if (step === 1) return say("First, a word.");
    if (step > 30) throw new Error("enough");
    return call("think", { thought: `${step}` });
  };
  await using server = await createTestServer({ llm: scriptedLlm(calls) });
  const chat = await server.start("Go.");
  await chat.expectFinished("First, a word.");
  await chat.send("Go on.");
  await chat.expectFailed("enough");
  expect(await server.conversations.agentFinalResponse(chat.id)).toBe("First, a word.");
});
