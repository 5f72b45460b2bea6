import type { Client } from "../../client.ts";
import { call, finish, type Scenario } from "../../scenario.ts";
import type { Step } from "../../scripted-model.ts";

const PIXEL =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const SWITCHER = { include_default_tools: ["FinishTool", "ThinkTool", "SwitchLLMTool"] };
const ORACLE = { tools: [{ name: "ask_oracle" }] };

const FALLBACK = { num_retries: 1, fallback_strategy: { fallback_llms: ["mt-quick"] } };

const toQuick = call("switch_llm", { profile_name: "mt-quick", reason: "The rest is easy." });
const route = call("route_task_to_model", {});
const question = call("ask_oracle", { question: "Rebase or merge?", context: "Both work." });
const inspect = (args: object = {}) =>
  call("inspect_image_with_vision", { image_index: 0, question: "What is it?", ...args });

/**
 * Models by the names of their profiles. Each is the scripted one, under a name that tells the providers' lists what it
 * can.
 */
const MODELS: Readonly<Record<string, string>> = {
  "mt-quick": "openai/mt-quick",
  "mt-strong": "openai/mt-strong",
  "mt-sorter": "openai/mt-sorter",
  oracle: "openai/mt-oracle",
  "mt-eyes": "openai/mt-eyes",
};

interface Play extends Pick<Scenario, "agent" | "request" | "settings" | "alone" | "prompts" | "llm"> {
  script: readonly Step[];
  /** Names of the profiles that are saved meanwhile. */
  profiles?: readonly string[];
  /** Rules that are saved meanwhile, by name. */
  rules?: Readonly<Record<string, object>>;
  drive?(client: Client): Promise<void>;
}

/** Plays a conversation while models and rules are saved. */
function saved(name: string, { script, profiles = [], rules = {}, drive, ...more }: Play): Scenario {
  return {
    name,
    // What is saved is seen by every conversation.
    alone: true,
    script,
    ...more,
    async drive(client, { base_url }) {
      for (const profile of profiles) {
        const overrides = profile === "mt-eyes" ? { capability_overrides: { supports_vision: true } } : {};
        const llm = { model: MODELS[profile], api_key: "key", base_url, ...overrides };
        await client.quietly({
          method: "POST",
          path: `/api/profiles/${profile}`,
          body: { llm, include_secrets: true },
        });
      }
      for (const [rule, body] of Object.entries(rules)) {
        await client.ask("POST", `/api/meta-profiles/${rule}`, body);
      }
      try {
        await (drive ? drive(client) : client.sendAndWait("Fix the crash."));
      } finally {
        for (const profile of profiles)
          await client.quietly({ method: "DELETE", path: `/api/profiles/${profile}` });
        for (const rule of Object.keys(rules)) {
          await client.quietly({ method: "DELETE", path: `/api/meta-profiles/${rule}` });
        }
      }
    },
  };
}

const CLASSES = {
  classifier_model: "mt-sorter",
  classes: [
    { description: "Small edits", model: "mt-quick" },
    { description: "Hard bugs", model: "mt-strong" },
  ],
};
const PROMPT = {
  classifier_model: "mt-sorter",
  prompt_template: "Models: {{ model_table }}\nTask: {{instance_text}}\nSay {{ other }}.",
  model_table: "mt-quick is cheap",
};
const ALL = ["mt-quick", "mt-strong", "mt-sorter"];
const routed = (params: object = { active_meta_profile: "mt-rules" }) => ({
  tools: [{ name: "ClassifyAndSwitchLLMTool", params }],
});

/** Routes by the answer of a classifier. */
function routing(name: string, answer: Step, rules: object = CLASSES, more: Partial<Play> = {}): Scenario {
  return saved(name, {
    script: [route, answer, finish],
    profiles: ALL,
    rules: { "mt-rules": rules },
    agent: routed(),
    ...more,
  });
}

const sees = {
  role: "user",
  content: [
    { type: "text", text: "Who is it?" },
    { type: "image", image_urls: [PIXEL, PIXEL] },
  ],
};

async function show(client: Client): Promise<void> {
  await client.untilRunEndsAfter(() => client.post("/events", { ...sees, run: true }));
}

export const modelToolScenarios: Scenario[] = [
  saved("a model that answers has fallback models", {
    script: [finish],
    profiles: ["mt-quick"],
    llm: FALLBACK,
  }),
  saved("a model that fails has fallback models", {
    script: [{ error: { status: 503, message: "Service unavailable" } }, finish],
    profiles: ["mt-quick"],
    llm: FALLBACK,
  }),
  saved("the agent switches its model", {
    script: [toQuick, finish],
    profiles: ["mt-quick"],
    agent: SWITCHER,
  }),
  saved("the agent switches to a model that is not there", {
    script: [toQuick, call("switch_llm", { profile_name: "../x", reason: "r" }), finish],
    agent: SWITCHER,
  }),
  saved("the agent switches its model without a reason", {
    script: [call("switch_llm", { profile_name: "mt-quick" }), finish],
    profiles: ["mt-quick"],
    agent: SWITCHER,
  }),
  saved("the agent switches its model and back again", {
    script: [toQuick, call("switch_llm", { profile_name: "mt-strong", reason: "Hard." }), toQuick, finish],
    profiles: ["mt-quick", "mt-strong"],
    agent: SWITCHER,
  }),
  saved("the agent of settings switches its model", {
    script: [toQuick, finish],
    profiles: ["mt-quick"],
    settings: { tools: [{ name: "task_tracker" }, { name: "switch_llm" }] },
  }),
  saved("the agent switches the model of its condenser, too", {
    script: [toQuick, finish],
    profiles: ["mt-quick"],
    agent: (llm: object) => ({
      ...SWITCHER,
      condenser: { kind: "LLMSummarizingCondenser", llm: { ...llm, usage_id: "condenser" } },
    }),
  }),
  saved("the agent waits before it switches its model", {
    script: [toQuick, finish],
    profiles: ["mt-quick"],
    agent: SWITCHER,
    request: { confirmation_policy: { kind: "AlwaysConfirm" } },
    async drive(client) {
      await client.sendAndWait("Go.");
      await client.postAndWait("/events/respond_to_confirmation", { accept: true });
    },
  }),
  saved("the agent asks the oracle", {
    script: [question, { text: "Rebase." }, finish],
    profiles: ["oracle"],
    agent: ORACLE,
  }),
  saved("the agent asks an oracle that is not there", { script: [question, finish], agent: ORACLE }),
  saved("the agent asks an oracle that says nothing", {
    script: [question, { text: "" }, finish],
    profiles: ["oracle"],
    agent: ORACLE,
    llm: { num_retries: 1 },
  }),
  saved("the agent asks an oracle that refuses its key", {
    script: [question, { error: { status: 401, message: "No." } }, finish],
    profiles: ["oracle"],
    agent: ORACLE,
  }),
  routing("a task is routed by its class", { text: "2" }),
  routing("a task is routed by a number in words", { text: "I take 1, not 2." }),
  routing("a task is routed to no class", { text: "0" }),
  routing("a task is routed to a class too many", { text: "3" }),
  routing(
    "a task is routed to a model that is not there",
    { text: "1" },
    {
      ...CLASSES,
      classes: [{ description: "Odd", model: "mt-lost" }],
    },
  ),
  routing("a task is routed by a classifier that is not there", finish, {
    ...CLASSES,
    classifier_model: "mt-lost",
  }),
  routing("a task is routed by a classifier that fails", { error: { status: 401, message: "No." } }),
  routing("a task is routed by a prompt", { text: '```json\n{"model": "MT-Strong"}\n```' }, PROMPT),
  routing("a task is routed by a name in words", { text: "Take mt-quick." }, PROMPT),
  routing("a task is routed by a prompt to nothing", { text: '{"model": "gpt-9"}' }, PROMPT),
  saved("a task is routed by rules of its own", {
    script: [route, { text: "1" }, finish],
    profiles: ALL,
    agent: routed({ active_meta_profile: "mt-gone", meta_profile: CLASSES }),
  }),
  saved("a task is routed by the first rules", {
    script: [route, { text: "1" }, finish],
    profiles: ALL,
    rules: { "aaa-rules": CLASSES, "zzz-rules": { ...CLASSES, classifier_model: "mt-lost" } },
    agent: routed({}),
  }),
  saved("a task is routed without rules", { script: [route, finish], agent: routed() }),
  saved("a task is routed by settings", {
    script: [route, { text: "2" }, finish],
    profiles: ALL,
    rules: { "mt-rules": CLASSES },
    settings: {
      tools: [],
      enable_classify_and_switch_llm_tool: true,
      active_meta_profile: "mt-rules",
      meta_profile: CLASSES,
    },
  }),
  saved("an image is shown to another model", {
    script: [inspect({ image_index: 1 }), { text: "A dot." }, finish],
    profiles: ["mt-eyes"],
    agent: { tools: [], include_default_tools: ["FinishTool", "VisionInspectTool"] },
    drive: show,
  }),
  saved("an image that is not there, shown by a model that is not there", {
    script: [inspect({ image_index: 2 }), inspect({ profile_name: "mt-quick" }), finish],
    profiles: ["mt-eyes", "mt-quick"],
    agent: { tools: [], include_default_tools: ["FinishTool", "VisionInspectTool"] },
    drive: show,
  }),
  saved("an image is shown to a model that says nothing", {
    script: [inspect(), { text: "" }, finish],
    profiles: ["mt-eyes"],
    agent: { tools: [], include_default_tools: ["FinishTool", "VisionInspectTool"] },
    drive: show,
  }),
  saved("an image is shown to nobody", { script: [finish], agent: { tools: [] }, drive: show }),
];
