import type { Client } from "../../client.ts";
import { finish, type Scenario, think } from "../../scenario.ts";
import type { Step } from "../../scripted-model.ts";

const SUMMARY: Step = { text: "SUMMARY" };
const MORE: Step = { text: "More." };
const TOO_LONG: Step = {
  error: {
    status: 400,
    message: "This model's maximum context length is 8192 tokens, you requested 9000 tokens",
  },
};
const MALFORMED: Step = {
  error: {
    status: 400,
    message: "messages.3: `tool_use` ids were found without `tool_result` blocks immediately after: call_0_0",
  },
};
const NO_SUMMARY: Step = { error: { status: 400, message: "no summary today" } };

/** An agent whose condenser asks the model of the agent, under an account of its own. */
function condensing(fields: object = {}): (llm: object) => object {
  return (llm) => ({ condenser: summarising(llm, fields) });
}

function summarising(llm: object, fields: object = {}, usageId = "condenser"): object {
  const own = { ...llm, usage_id: usageId };
  return { kind: "LLMSummarizingCondenser", llm: own, max_size: 10, keep_first: 1, ...fields };
}

/** A question for a summary is in a server's own words, around the events. */
const SUMMARISED = ["</EVENT>"];

/** Wide enough never to condense by itself. */
const WIDE = { max_size: 200 };

function thoughts(count: number, more: Partial<Step> = {}): Step[] {
  return Array.from({ length: count }, (_, index) => ({ ...think(`thought ${index}`), ...more }));
}

function condense(client: Client): Promise<unknown> {
  return client.post("/condense");
}

const long = (index: number) => `${index} ${"a sentence of some words, ".repeat(700)}`;

export const condensationScenarios: Scenario[] = [
  {
    name: "condensation by the number of events",
    prompts: SUMMARISED,
    agent: condensing(),
    script: [...thoughts(5), SUMMARY, finish],
  },
  {
    name: "condensation twice, with the first summary in the second",
    prompts: SUMMARISED,
    agent: condensing(),
    script: [...thoughts(5), SUMMARY, ...thoughts(4), { text: "SECOND" }, finish],
  },
  {
    name: "condensation of several calls in one reply",
    prompts: SUMMARISED,
    agent: condensing(),
    script: [
      ...thoughts(3),
      {
        calls: ["a", "b", "c"].map((thought) => ({ name: "think", args: { thought } })),
      },
      SUMMARY,
      finish,
    ],
  },
  {
    name: "condensation counts as a step",
    agent: condensing(),
    request: { max_iterations: 6 },
    script: [...thoughts(5), SUMMARY, finish],
  },
  {
    name: "condensation that would bring too little",
    prompts: SUMMARISED,
    agent: condensing({ minimum_progress: 0.95 }),
    script: [...thoughts(5), finish],
  },
  {
    name: "condensation by tokens",
    prompts: SUMMARISED,
    llm: { model: "openai/gpt-4o" },
    agent: condensing({ ...WIDE, max_tokens: 24_000 }),
    script: [
      ...Array.from({ length: 5 }, (_, index) => ({ ...think(long(index)), uncounted: true })),
      { ...SUMMARY, uncounted: true },
      { ...finish, uncounted: true },
    ],
  },
  {
    name: "condensation by tokens of everything",
    prompts: SUMMARISED,
    llm: { model: "openai/gpt-4o" },
    agent: condensing({ ...WIDE, keep_first: 6, max_tokens: 15_000 }),
    script: [
      { ...SUMMARY, uncounted: true },
      { ...finish, uncounted: true },
    ],
    drive: (client) => client.sendAndWait("a sentence of some words, ".repeat(3_000)),
  },
  {
    name: "condensation when the model finds its prompt too long",
    prompts: SUMMARISED,
    agent: condensing(WIDE),
    script: [...thoughts(4), TOO_LONG, SUMMARY, finish],
  },
  {
    name: "condensation when the model finds its prompt malformed",
    prompts: SUMMARISED,
    agent: condensing(WIDE),
    script: [...thoughts(4), MALFORMED, SUMMARY, finish],
  },
  {
    name: "a prompt that is too long without a condenser",
    agent: { condenser: { kind: "NoOpCondenser" } },
    script: [...thoughts(2), TOO_LONG],
  },
  {
    name: "condensation whose model fails, when it may be left out",
    prompts: SUMMARISED,
    agent: condensing(),
    script: [...thoughts(5), NO_SUMMARY, finish],
  },
  {
    name: "condensation whose model fails, when it must be made",
    prompts: SUMMARISED,
    agent: condensing({ ...WIDE, hard_context_reset_max_retries: 2 }),
    script: [...thoughts(4), TOO_LONG, NO_SUMMARY, NO_SUMMARY, NO_SUMMARY, finish],
  },
  {
    name: "condensation whose model succeeds at a later attempt",
    prompts: SUMMARISED,
    agent: condensing(WIDE),
    script: [...thoughts(4), TOO_LONG, NO_SUMMARY, NO_SUMMARY, SUMMARY, finish],
  },
  {
    name: "condensation by a pipeline",
    prompts: SUMMARISED,
    agent: (llm: object) => ({
      condenser: {
        kind: "PipelineCondenser",
        condensers: [
          { kind: "NoOpCondenser" },
          summarising(llm, {}, "first"),
          summarising(llm, WIDE, "second"),
        ],
      },
    }),
    script: [...thoughts(5), SUMMARY, finish],
  },
  {
    name: "condensation on request while idle",
    prompts: SUMMARISED,
    agent: condensing(WIDE),
    script: [...thoughts(4), finish, SUMMARY, MORE],
    async drive(client) {
      await client.sendAndWait("Go.");
      await condense(client);
      await client.get("");
      await client.sendAndWait("And now?");
    },
  },
  {
    name: "condensation on request of very little",
    prompts: SUMMARISED,
    agent: condensing({ ...WIDE, keep_first: 2 }),
    script: [{ text: "Hello." }, SUMMARY, MORE],
    async drive(client) {
      await client.sendAndWait("Go.");
      await condense(client);
      await client.sendAndWait("And now?");
    },
  },
  {
    name: "condensation on request without a condenser",
    script: [{ text: "Hello." }],
    async drive(client) {
      await client.sendAndWait("Go.");
      await condense(client);
    },
  },
  {
    name: "condensation on request with a condenser that takes none",
    agent: { condenser: { kind: "NoOpCondenser" } },
    script: [{ text: "Hello." }],
    async drive(client) {
      await client.sendAndWait("Go.");
      await condense(client);
    },
  },
  {
    name: "condensation on request whose model fails",
    agent: condensing({ ...WIDE, hard_context_reset_max_retries: 1 }),
    script: [...thoughts(2), finish, NO_SUMMARY, NO_SUMMARY, MORE],
    async drive(client) {
      await client.sendAndWait("Go.");
      await condense(client);
      await client.sendAndWait("And now?");
    },
  },
  {
    name: "condensation on request while calls wait",
    agent: condensing(WIDE),
    request: { confirmation_policy: { kind: "AlwaysConfirm" } },
    script: [...thoughts(0), { calls: [{ name: "terminal", args: { command: "echo a" } }] }, SUMMARY, finish],
    async drive(client) {
      await client.sendAndWait("Go.");
      await condense(client);
      await client.get("");
    },
  },
  {
    name: "condensation by settings",
    settings: { condenser: { max_size: 20, keep_first: 2 } },
    script: [...thoughts(10), SUMMARY, finish],
  },
];
