import { describe, expect, it } from "vitest";
import type { Logger } from "../../src/logger.ts";
import { namedTools } from "../../src/tools/catalogue.ts";
import { ToolRegistry } from "../../src/tools/registry.ts";
import type { NewConversation } from "../../src/wire/conversation-request.ts";
import { echoTool, openManager, startRequest } from "./open-manager.ts";

const TOOLS = new ToolRegistry([
  echoTool(),
  ...namedTools(),
  { name: "browser_tool_set", usable: false, tools: [] },
]);
const AGENT = { llm: { model: "scripted" }, tools: [{ name: "echo" }] };
const PROGRAM = { kind: "ACPAgent", acp_command: ["agent"] };
const SUMMARISE = {
  kind: "LLMSummarizingCondenser",
  llm: { model: "scripted", usage_id: "condenser" },
  max_size: 240,
  keep_first: 2,
};
const HOOK = [{ matcher: "/(/", hooks: [{ command: "./guard.sh" }] }];
const noHooks = {
  pre_tool_use: [],
  post_tool_use: [],
  user_prompt_submit: [],
  session_start: [],
  session_end: [],
  stop: [],
};

type Fields = Partial<NewConversation> | Record<string, unknown>;

function withAgent(fields: Record<string, unknown>): Fields {
  return { agent: { ...AGENT, ...fields } };
}

function withContext(fields: Record<string, unknown>): Fields {
  return withAgent({ agent_context: fields });
}

describe("a request is refused, and makes nothing, that asks for", () => {
  it.each<[string, Fields, string]>([
    [
      "hooks whose matcher is not valid",
      { hook_config: { ...noHooks, pre_tool_use: HOOK } },
      "hook_config.pre_tool_use.0.matcher '(' is not a regular expression",
    ],
    [
      "a critic that reads another format",
      withAgent({ critic: { kind: "APIBasedCritic", api_key: "k", tokenizer_name: "other/model" } }),
      "agent.critic.tokenizer_name: asks for other/model",
    ],
    [
      "another user for commands",
      withAgent({ tools: [{ name: "echo", params: { username: "guest" } }] }),
      "agent.tools: asks for the user guest, but commands run as the user of this server",
    ],
    [
      "a kind of terminal that is not known",
      withAgent({ tools: [{ name: "terminal", params: { terminal_type: "screen" } }] }),
      "Tool 'terminal': params.terminal_type: must be 'subprocess' or 'tmux'",
    ],
    [
      "a kind of terminal that this server does not have",
      withAgent({ tools: [{ name: "terminal", params: { terminal_type: "powershell" } }] }),
      "Tool 'terminal': params.terminal_type: this server has no PowerShell",
    ],
    [
      "wrong parameters of a terminal",
      withAgent({ tools: [{ name: "terminal", params: { no_change_timeout_seconds: "soon" } }] }),
      "Tool 'terminal': params.no_change_timeout_seconds: ",
    ],
    [
      "parameters that a tool does not have",
      withAgent({ tools: [{ name: "file_editor", params: { workspace_root: "/" } }] }),
      "Tool 'file_editor': params: Unrecognized key: \"workspace_root\"",
    ],
    [
      "tools for an agent that is another program",
      { agent: { kind: "ACPAgent", acp_command: ["agent"], tools: [{ name: "terminal" }] } },
      "agent.tools: asks for terminal, but an agent that is another program has its own tools",
    ],
    [
      "a condenser for an agent that is another program",
      { agent: { kind: "ACPAgent", acp_command: ["agent"], condenser: { kind: "NoOpCondenser" } } },
      "agent.condenser: asks for NoOpCondenser, but an agent that is another program shortens its prompts itself",
    ],
    ["a container", { conversation_runtime: "docker" }, "This server only runs local conversations"],
  ])("%s", async (_, fields, words) => {
    const { manager, prepared } = openManager({ tools: TOOLS });
    await expect(manager.create(startRequest(fields))).rejects.toMatchObject({
      code: "unprocessable",
      detail: expect.stringContaining(words),
    });
    expect(await manager.count()).toBe(0);
    expect(prepared).toEqual([]);
  });
});

describe("a request is carried out, with a warning in the log and in the answer, that asks for", () => {
  it.each<[string, Fields, string]>([
    [
      "single browser tools",
      withAgent({ tools: [{ name: "browser_navigate" }] }),
      "agent.tools: asks for browser_navigate",
    ],
    [
      "a set of tools that cannot be used here",
      withAgent({ tools: [{ name: "browser_tool_set" }] }),
      "agent.tools: asks for browser_tool_set",
    ],
    [
      "terminals in tmux",
      withAgent({ tools: [{ name: "terminal", params: { terminal_type: "tmux" } }] }),
      "agent.tools: asks for terminal_type tmux",
    ],
    [
      "ratings by a service, also among others",
      {
        security_analyzer: {
          kind: "EnsembleSecurityAnalyzer",
          analyzers: [{ kind: "LLMSecurityAnalyzer" }, { kind: "GraySwanAnalyzer" }],
        },
      },
      "security_analyzer: asks for GraySwanAnalyzer",
    ],
    [
      "another limit of messages",
      withAgent({ llm: { model: "scripted", max_message_chars: 60_000 } }),
      "agent.llm.max_message_chars: asks for 60000 characters",
    ],
    [
      "an address that nothing is asked at",
      withAgent({ llm: { model: "scripted", ollama_base_url: "http://localhost:11434" } }),
      "agent.llm.ollama_base_url: asks for http://localhost:11434",
    ],
    [
      "the vendor of a subscription that is not used",
      withAgent({ llm: { model: "scripted", subscription_vendor: "openai" } }),
      "agent.llm.subscription_vendor: asks for openai",
    ],
    [
      "a tokenizer",
      withAgent({ llm: { model: "scripted", custom_tokenizer: "mine" } }),
      "agent.llm.custom_tokenizer: asks for mine",
    ],
    [
      "profiles of a folder for a sub-agent",
      { agent_definitions: [{ name: "cheap", model: "mini", profile_store_dir: "/etc/profiles" }] },
      "agent_definitions: asks for models of profile_store_dir (cheap)",
    ],
    [
      "hooks on the tools of another program",
      { agent: PROGRAM, hook_config: { ...noHooks, post_tool_use: [{ hooks: [{ command: "true" }] }] } },
      "hook_config: asks for post_tool_use, but an agent that is another program runs its tools itself",
    ],
    [
      "questions before another program acts",
      { agent: PROGRAM, confirmation_policy: { kind: "AlwaysConfirm" } },
      "confirmation_policy: asks for AlwaysConfirm, but an agent that is another program runs its tools itself",
    ],
    [
      "ratings of what another program does",
      { agent: PROGRAM, security_analyzer: { kind: "PatternSecurityAnalyzer" } },
      "security_analyzer: asks for PatternSecurityAnalyzer, but an agent that is another program runs its tools",
    ],
    ["limits of a container", { container: { memory: "2g" } }, "container: asks for limits"],
  ])("%s", async (_, fields, words) => {
    const logged: unknown[] = [];
    const { manager } = openManager({ logger: recorder(logged), tools: TOOLS });
    const { info, warnings } = await manager.create(startRequest(fields));
    expect(warnings).toEqual([expect.stringContaining(words)]);
    expect(logged).toEqual([{ conversation_id: info.id, warnings }]);
  });
});

it("an analyzer that a conversation gets later is warned of, too", async () => {
  const logged: unknown[] = [];
  const { manager } = openManager({ logger: recorder(logged), tools: TOOLS });
  const { conversation, info } = await manager.create(startRequest());
  await conversation.setSecurityAnalyzer({ kind: "LLMSecurityAnalyzer" });
  expect(logged).toEqual([]);
  await conversation.setSecurityAnalyzer({ kind: "GraySwanAnalyzer" });
  const words = expect.stringContaining("security_analyzer: asks for GraySwanAnalyzer");
  expect(logged).toEqual([{ conversation_id: info.id, warnings: [words] }]);
});

describe("a request leads to no warning that asks for", () => {
  it.each<[string, Fields]>([
    [
      "what clients send when they want nothing",
      {
        hook_config: noHooks,
        plugins: [],
        agent_definitions: [{ name: "helper", profile_store_dir: "/etc/profiles" }],
      },
    ],
    [
      "the terminal that this server has",
      withAgent({ tools: [{ name: "terminal", params: { terminal_type: "subprocess", username: null } }] }),
    ],
    ["plugins", { plugins: [{ source: "github:owner/plugin" }] }],
    ["no condensation", withAgent({ condenser: { kind: "NoOpCondenser" } })],
    ["a condenser", withAgent({ condenser: SUMMARISE })],
    [
      "MCP servers that are switched off",
      withAgent({ mcp_config: { fetch: { command: "uvx", enabled: false } } }),
    ],
    ["a critic", withAgent({ critic: { kind: "AgentFinishedCritic" } })],
    [
      "skills of every kind, and memory",
      withContext({
        skills: [
          { name: "always", content: "c" },
          { name: "called", content: "c", trigger: { type: "keyword", keywords: ["deploy"] } },
          { name: "read", content: "c", is_agentskills_format: true },
        ],
        load_user_skills: true,
        load_project_skills: true,
        load_memory: true,
      }),
    ],
    [
      "a key beside the connection that it came from",
      withAgent({ llm: { model: "scripted", api_key: "sk-model", provider_connection_id: "work" } }),
    ],
    ["a model without fallbacks", withAgent({ llm: { model: "scripted", fallback_strategy: null } })],
    ["this machine", { conversation_runtime: "local" }],
    ["a worktree in a folder that does not exist yet", { worktree: true }],
  ])("%s", async (_, fields) => {
    const logged: unknown[] = [];
    const { manager } = openManager({ logger: recorder(logged), tools: TOOLS });
    expect((await manager.create(startRequest(fields))).warnings).toEqual([]);
    expect(logged).toEqual([]);
  });
});

function recorder(logged: unknown[]): Logger {
  const record = (fields: object) => void logged.push(fields);
  return { debug() {}, info() {}, warn: record, error: record };
}
