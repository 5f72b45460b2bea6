import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { withDeadline } from "../../../src/llm/decorators/with-deadline.ts";
import type { Llm, LlmReply, LlmRequest } from "../../../src/llm/llm.ts";
import { say } from "../../../src/testing/scripted-llm/llm-script.ts";
import { scriptedLlm } from "../../../src/testing/scripted-llm/scripted-llm.ts";
import { user } from "../recorded-provider.ts";

const reply = () => scriptedLlm([say("Hi")]).complete(ask());

function ask(rest: Partial<LlmRequest> = {}): LlmRequest {
  return { messages: [user("Hello")], tools: [], signal: new AbortController().signal, ...rest };
}

const limits = (timeout: number | null, idle: number | null) => ({ timeout, stream_idle_timeout: idle });

/** A model that answers when the test does, and the request that it got. */
function heldModel() {
  const answer = Promise.withResolvers<LlmReply>();
  let received = ask();
  const llm: Llm = {
    complete(request) {
      received = request;
      return answer.promise;
    },
  };
  return { llm, answer, request: () => received };
}

describe("with a clock that stands", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  it.each(["onDelta", "onProgress"] as const)("a model that calls %s is not silent", async (sign) => {
    const { llm, answer, request } = heldModel();
    const asked = withDeadline(llm, limits(null, 1)).complete(ask({ onDelta: () => {} }));
    for (let piece = 0; piece < 8; piece += 1) {
      vi.advanceTimersByTime(900);
      request()[sign]?.({ content: "a" });
    }
    answer.resolve(await reply());
    expect((await asked).message.content).toMatchObject([{ text: "Hi" }]);
  });

  it("a stream that falls silent is cut, and the model is told", async () => {
    const { llm, request } = heldModel();
    const asked = withDeadline(llm, limits(60, 2)).complete(ask());
    asked.catch(() => {});
    request().onProgress?.();
    vi.advanceTimersByTime(2001);
    await expect(asked).rejects.toMatchObject({
      name: "LLMTimeoutError",
      message: "LLM stream idle timeout after 2 seconds",
      retryable: true,
    });
    expect(request().signal.aborted).toBe(true);
  });

  it("a stream that never ends is cut, however busy it is", async () => {
    const { llm, request } = heldModel();
    const asked = withDeadline(llm, limits(5, 2)).complete(ask());
    asked.catch(() => {});
    for (let piece = 0; piece < 6; piece += 1) {
      request().onProgress?.();
      vi.advanceTimersByTime(1000);
    }
    await expect(asked).rejects.toMatchObject({
      name: "LLMTimeoutError",
      message: "LLM hard timeout after 5 seconds",
      retryable: true,
    });
  });

  it("a reply that is not streamed may take longer than the silence of a stream", async () => {
    const { llm, answer } = heldModel();
    const asked = withDeadline(llm, limits(60, 2)).complete(ask());
    vi.advanceTimersByTime(50_000);
    answer.resolve(await reply());
    expect((await asked).message.content).toMatchObject([{ text: "Hi" }]);
  });
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
  const asked = withDeadline(deaf, limits(0.01, null)).complete(
    ask({ onDelta: (delta) => heard.push(delta) }),
  );
  await expect(asked).rejects.toThrow("hard timeout after 0.01 seconds");
  late?.({ content: "too late" });
  expect(heard).toEqual([]);
});

it("an abort rejects at once with the caller's reason, also when the model ignores it", async () => {
  const controller = new AbortController();
  const deaf: Llm = { complete: () => new Promise(() => {}) };
  const asked = withDeadline(deaf, limits(60, 60)).complete(ask({ signal: controller.signal }));
  controller.abort(new Error("stop now"));
  await expect(asked).rejects.toThrow("stop now");
});

it("null waits forever", () => {
  const llm = scriptedLlm([]);
  expect(withDeadline(llm, limits(null, null))).toBe(llm);
});
