import type { FormField } from "./form-field.ts";

type Fields = Readonly<Record<string, FormField>>;

const critical = "critical" as const;
const major = "major" as const;
const variant = "openhands";

export const GENERAL_FIELDS: Fields = {
  agent: { prominence: major, variant, description: "The kind of agent. It has no effect." },
  tools: {
    prominence: major,
    variant,
    description:
      "Tools of the agent. Empty (null) selects the standard ones and switch_llm; an empty list none; a list exactly those. A browser is added where there is one.",
  },
  enable_classify_and_switch_llm_tool: {
    label: "Enable intelligent model routing tool",
    variant,
    description:
      "Gives the agent a tool that chooses the model for a task by the active meta-profile, or the first one if none is active.",
  },
  active_meta_profile: {
    label: "Active meta-profile",
    variant,
    description: "The meta-profile by which models are chosen.",
  },
  tool_concurrency_limit: {
    label: "Parallel tool calls",
    prominence: major,
    variant,
    description:
      "How many tool calls of one reply run at a time. With more than 1 they share files and the working folder, and may get in each other's way.",
  },
  mcp_config: { label: "MCP servers", variant, description: "MCP servers whose tools the agent has." },
};

export const CONTEXT_FIELDS: Fields = {
  load_memory: {
    label: "Persistent memory",
    prominence: major,
    description:
      "Shows the agent what it remembers of earlier conversations: the MEMORY.md of the user and of the workspace.",
  },
};

const enabled = ["enabled"];

export const CONDENSER_FIELDS: Fields = {
  condenser_kind: { description: "How long conversations are shortened: by summaries, or not at all." },
  enabled: {
    label: "Enable memory condensation",
    prominence: critical,
    description: "Shortens what the model sees of a long conversation.",
  },
  max_size: {
    label: "Max size",
    dependsOn: enabled,
    description: "Number of events above which older ones are summarised.",
  },
  max_tokens: {
    label: "Max tokens",
    dependsOn: enabled,
    description: "Number of tokens above which events are summarised. Empty: only their number counts.",
  },
  keep_first: {
    label: "Keep first",
    dependsOn: enabled,
    description: "Events at the beginning that are never summarised.",
  },
  minimum_progress: {
    label: "Minimum progress",
    dependsOn: enabled,
    description: "Smallest share of the events that a summary has to replace.",
  },
  hard_context_reset_max_retries: {
    label: "Hard reset retries",
    dependsOn: enabled,
    description: "Attempts at one summary of everything before the run fails.",
  },
  hard_context_reset_context_scaling: {
    label: "Hard reset scaling",
    dependsOn: enabled,
    description: "Factor by which events are cut for each further attempt.",
  },
};

const critic = ["critic_enabled"];
const refinement = ["critic_enabled", "enable_iterative_refinement"];

export const VERIFICATION_FIELDS: Fields = {
  critic_enabled: {
    label: "Enable critic",
    prominence: critical,
    description: "Lets a critic rate the agent's work.",
  },
  critic_mode: {
    label: "Critic mode",
    dependsOn: critic,
    description: "The moments at which the critic is asked.",
  },
  enable_iterative_refinement: {
    label: "Enable iterative refinement",
    prominence: critical,
    dependsOn: critic,
    description: "Lets the agent try again when its rating is too low.",
  },
  critic_threshold: {
    label: "Critic threshold",
    dependsOn: refinement,
    description: "The rating from which the work is good enough.",
  },
  max_refinement_iterations: {
    label: "Max refinement iterations",
    dependsOn: refinement,
    description: "How often the agent may try again.",
  },
  critic_server_url: {
    label: "Critic server URL",
    dependsOn: critic,
    description: "Address of the critic, if not the standard one.",
  },
  critic_model_name: {
    label: "Critic model name",
    dependsOn: critic,
    description: "Model of the critic, if not the standard one.",
  },
  critic_api_key: {
    label: "Critic API Key",
    prominence: critical,
    dependsOn: critic,
    description: "Key of the critic. Empty: the key of the agent's model.",
  },
};

export const ACP_FIELDS: Fields = {
  acp_server: {
    label: "ACP server",
    prominence: critical,
    description: "The program that is the agent. Each has its command; `custom` needs one.",
  },
  acp_command: {
    label: "ACP command (custom override)",
    description: "Command that starts the program, word by word. Empty: that of the chosen program.",
  },
  acp_args: { label: "ACP extra args", description: "More words for the end of the command." },
  acp_model: {
    label: "ACP model",
    prominence: critical,
    description: "Model of the program, by its name there. Empty leaves it to the program.",
  },
  acp_session_mode: {
    label: "ACP session mode",
    description: "Mode of the session, by its id there. Empty: as fits the program.",
  },
  acp_prompt_timeout: {
    label: "ACP prompt inactivity timeout (seconds)",
    description: "How long the program may show no sign of life in a turn. Each sign starts the time again.",
  },
  acp_startup_timeout: {
    label: "ACP startup timeout (seconds)",
    description: "How long the program may take to start and open a session.",
  },
};
