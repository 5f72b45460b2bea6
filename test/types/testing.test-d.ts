import type { LlmRequest, Tool } from "agent-server";
import {
  after,
  call,
  calls,
  createTestServer,
  cut,
  type DelayedStep,
  fail,
  type ReplyPart,
  type Step,
  say,
  scriptedLlm,
  startScriptedLlmServer,
  type TestChat,
  type TestServerOptions,
  usage,
} from "agent-server/testing";
import { expectTypeOf } from "vitest";

// Each builder makes a step of a script.
expectTypeOf(say("Hello", { chunkSize: 3 })).toEqualTypeOf<ReplyPart>();
expectTypeOf(call("terminal", { command: "ls" })).toEqualTypeOf<ReplyPart>();
expectTypeOf(calls(["terminal", { command: "ls" }], ["finish", {}])).toExtend<Step<LlmRequest>>();
expectTypeOf(fail("rate_limit", { retryAfter: 3 })).toExtend<Step<LlmRequest>>();
expectTypeOf(after<LlmRequest>(200, say("Later"))).toEqualTypeOf<DelayedStep<LlmRequest>>();

scriptedLlm([[say("Half a"), usage({ prompt_tokens: 9 }, { cost: 0.01 }), cut()], fail("server")]);

// A step or a script may be a function of the request.
scriptedLlm([
  ({ messages, tools }) => {
    expectTypeOf(messages).toEqualTypeOf<LlmRequest["messages"]>();
    return tools.length > 0 ? call("finish") : say("No tools");
  },
]);
scriptedLlm(async (request) => {
  expectTypeOf(request).toEqualTypeOf<LlmRequest>();
  return say("Always this");
});

// Behind HTTP the request is the provider's.
startScriptedLlmServer([({ body }) => say(String(body.model))]);

// @ts-expect-error A step is made by a builder, not a bare text.
scriptedLlm(["Hello"]);
// @ts-expect-error Providers do not fail like this.
fail("boredom");
// @ts-expect-error Tokens are counted by fixed names.
usage({ tokens: 3 });

// A server takes tools by value and by name; its clock is a fixed one.
expectTypeOf<TestServerOptions["tools"]>().toEqualTypeOf<readonly (string | Tool)[] | undefined>();
// @ts-expect-error A test server takes `llm` in place of `createLlm`.
createTestServer({ createLlm: () => undefined });

// Expectations resolve to the events they name.
expectTypeOf<ReturnType<TestChat["expectToolCall"]>>().resolves.toHaveProperty("tool_call");
expectTypeOf<ReturnType<TestChat["expectObservation"]>>().resolves.toHaveProperty("observation");
expectTypeOf<ReturnType<TestChat["expectFinished"]>>().resolves.toEqualTypeOf<string>();
