import {
  call,
  createTestServer,
  isSideCall,
  type ScriptedLlm,
  type Step,
  type Steps,
  say,
  scriptedLlm,
  type TestServerOptions,
} from "agent-server/testing";
import type { LlmRequest } from "../../../src/llm/llm.ts";
import type { CondensationEvent, Event } from "../../../src/wire/events/events.ts";
import { readableText } from "../../../src/wire/events/message.ts";
import { echo } from "../loop/harness.ts";

/** A condenser of eleven events, as requests spell it. */
export function summarising(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    kind: "LLMSummarizingCondenser",
    llm: { model: "openai/small", usage_id: "condenser" },
    max_size: 10,
    keep_first: 1,
    ...fields,
  };
}

/** A model whose calls for summaries take no step of the script. */
export function summariser(
  steps: Steps<LlmRequest>,
  {
    summary = say("SUMMARY"),
    ...options
  }: { summary?: Step<LlmRequest> } & Parameters<typeof scriptedLlm>[1] = {},
): ScriptedLlm {
  return scriptedLlm(steps, { rules: [{ when: isSideCall, step: summary }], usage: null, ...options });
}

/** Steps that call `echo` as often, with texts that differ. */
export function echoes(count: number, words = "word"): Step<LlmRequest>[] {
  return Array.from({ length: count }, (_, index) => call("echo", { text: `${words} ${index}` }));
}

export async function condensingServer(llm: ScriptedLlm, options: Partial<TestServerOptions> = {}) {
  return createTestServer({ llm, tools: [echo], ...options });
}

/** The requests for summaries. */
export function summaryCalls(llm: ScriptedLlm): LlmRequest[] {
  return llm.requests.filter(isSideCall);
}

/** What the model that summarises was shown. */
export function shown(request: LlmRequest | undefined): string {
  return readableText(request?.messages[1]?.content ?? []);
}

export function condensationsIn(events: readonly Event[]): CondensationEvent[] {
  return events.filter((event) => event.kind === "Condensation");
}
