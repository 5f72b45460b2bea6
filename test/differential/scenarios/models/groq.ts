import { finish, run, type Scenario } from "../../scenario.ts";

const LLAMA = { model: "groq/llama-3.3-70b-versatile", num_retries: 1 };

/** Groq's words for a call that its model has not written as one. */
const NO_CALL =
  "Failed to call a function. Please adjust your prompt. See 'failed_generation' for more details.";
const LIMIT =
  "Rate limit reached for model `llama-3.3-70b-versatile` in organization `org` on tokens per minute (TPM): " +
  "Limit 12000, Used 11000, Requested 4000. Please try again in 15s.";
const TOO_LARGE =
  "Request too large for model `llama-3.3-70b-versatile` in organization `org` on tokens per minute (TPM): " +
  "Limit 12000, Requested 40000, please reduce your message size and try again.";

function asked(title: string, llm: object): Scenario {
  return {
    name: `Groq: ${title}`,
    script: [
      { ...run("echo a"), serviceTier: "on_demand" },
      { ...finish, serviceTier: "on_demand" },
    ],
    llm: { ...LLAMA, ...llm },
    fields: true,
  };
}

function refused(title: string, status: number, message: string): Scenario {
  return { name: `Groq: ${title}`, script: [{ error: { status, message } }], llm: LLAMA };
}

/** Models at Groq: how they are asked, what they cost, and how they fail. */
export const groqScenarios: Scenario[] = [
  asked("a Llama", {}),
  asked("parameters of sampling", {
    temperature: 0.3,
    top_p: 0.9,
    top_k: 40,
    seed: 7,
    max_output_tokens: 2_000,
  }),
  asked("a model that thinks", { model: "groq/openai/gpt-oss-120b", reasoning_effort: "low" }),
  asked("a Qwen that thinks", { model: "groq/qwen/qwen3-32b" }),
  asked("a Kimi that takes texts alone", { model: "groq/moonshotai/kimi-k2-instruct-0905" }),
  asked("a model that no list has", { model: "groq/unheard-of" }),
  asked("prices and a window of one's own", {
    input_cost_per_token: 0.001,
    output_cost_per_token: 0.002,
    max_input_tokens: 32_768,
  }),
  {
    name: "Groq: a reply word by word",
    script: [{ reasoning: "I greet.", text: "Hello there.", serviceTier: "on_demand" }],
    llm: { ...LLAMA, stream: true },
    fields: true,
  },
  refused("a key that is refused", 401, "Invalid API Key"),
  refused("a rate limit", 429, LIMIT),
  refused("a request that is too large", 413, TOO_LARGE),
  refused("a call that is none", 400, NO_CALL),
  refused("no such model", 404, "The model `llama-4` does not exist or you do not have access to it."),
  refused("a context overflow", 400, "Please reduce the length of the messages or completion."),
  refused("no capacity", 498, "Flex tier capacity exceeded"),
  refused("it is down", 503, "Service Unavailable"),
];
