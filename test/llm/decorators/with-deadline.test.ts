import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { withDeadline } from "../../../src/llm/decorators/with-deadline.ts";
import type { Llm, LlmRequest } from "../../../src/llm/llm.ts";
import { say } from "../../../src/testing/scripted-llm/llm-script.ts";
import { scriptedLlm } from "../../../src/testing/scripted-llm/scripted-llm.ts";
import { user } from "../recorded-provider.ts";

const reply = () => scriptedLlm([say("Hi")]).complete(ask());

function ask(rest: Partial<LlmRequest> = {}): LlmRequest {
  return { messages: [user("Hello")], tools: [], signal: new AbortController().signal, ...rest };
}

it.each(["onDelta", "onProgress"] as const)("a model that calls %s is not silent", async (sign) => {
  const slow: Llm = {
    async complete(request) {
      for (let piece = 0; piece < 8; piece += 1) {
        await sleep(50);
        request[sign]?.({ content: "a" });
      }
      return reply();
    },
  };
  // The whole reply takes 400 ms, each piece 50.
  const asked = withDeadline(slow, 0.25).complete(ask({ onDelta: () => {} }));
  expect((await asked).message.content).toMatchObject([{ text: "Hi" }]);
});

it("deltas that arrive after the deadline are dropped", async () => {
  const heard: unknown[] = [];
  let late: LlmRequest["onDelta"];
  const deaf: Llm = {
    complete: ({ onDelta }) => {
      late = onDelta;
      return new Promise(() => {});
    },
  };
  const asked = withDeadline(deaf, 0.01).complete(ask({ onDelta: (delta) => heard.push(delta) }));
  await expect(asked).rejects.toThrow("silent for 0.01 s");
  late?.({ content: "too late" });
  expect(heard).toEqual([]);
});

it("an abort rejects at once with the caller's reason, also when the model ignores it", async () => {
  const controller = new AbortController();
  const deaf: Llm = { complete: () => new Promise(() => {}) };
  const asked = withDeadline(deaf, 60).complete(ask({ signal: controller.signal }));
  controller.abort(new Error("stop now"));
  await expect(asked).rejects.toThrow("stop now");
});

it("null waits forever", () => {
  const llm = scriptedLlm([]);
  expect(withDeadline(llm, null)).toBe(llm);
});
