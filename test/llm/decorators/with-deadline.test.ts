import { expect, it, vi } from "vitest";
import { withDeadline } from "../../../src/llm/decorators/with-deadline.ts";
import type { Llm, LlmReply, LlmRequest } from "../../../src/llm/llm.ts";
import { say } from "../../../src/testing/scripted-llm/llm-script.ts";
import { scriptedLlm } from "../../../src/testing/scripted-llm/scripted-llm.ts";
import { user } from "../recorded-provider.ts";

const reply = () => scriptedLlm([say("Hi")]).complete(ask());

function ask(rest: Partial<LlmRequest> = {}): LlmRequest {
  return { messages: [user("Hello")], tools: [], signal: new AbortController().signal, ...rest };
}

it.each(["onDelta", "onProgress"] as const)("a model that calls %s is not silent", async (sign) => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const answer = Promise.withResolvers<LlmReply>();
    let request = ask();
    const slow: Llm = {
      complete(received) {
        request = received;
        return answer.promise;
      },
    };
    const asked = withDeadline(slow, 1).complete(ask({ onDelta: () => {} }));
    for (let piece = 0; piece < 8; piece += 1) {
      vi.advanceTimersByTime(900);
      request[sign]?.({ content: "a" });
    }
    answer.resolve(await reply());
    expect((await asked).message.content).toMatchObject([{ text: "Hi" }]);
  } finally {
    vi.useRealTimers();
  }
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
