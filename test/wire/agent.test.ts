import { describe, expect, it } from "vitest";
import { validate } from "../../src/http/route/validation.ts";
import { agent } from "../../src/wire/agent/agent.ts";
import { agentDefinition, pluginSource } from "../../src/wire/agent/agent-definition.ts";
import { confirmationPolicy, securityAnalyzer } from "../../src/wire/agent/policies.ts";
import { clientToolSpec } from "../../src/wire/agent/tool-definition.ts";

const llm = { model: "openai/gpt-4o" };

/** The agent of a request that names no more than its model, and what a test adds. */
function parsed(fields: object) {
  return agent.parse({ kind: "Agent", llm, ...fields });
}

/** Place and text of the first fault that a client is told. */
function fault(schema: Parameters<typeof validate>[0], input: unknown): string {
  const { items } = validate(schema, input, "body");
  const [first] = items ?? [];
  return first === undefined ? "none" : `${first.loc.slice(1).join(".")}: ${first.msg}`;
}

const agentFault = (fields: object) => fault(agent, { kind: "Agent", llm, ...fields });

describe("an agent", () => {
  it("is announced with every field, in the order of the reference", () => {
    expect(Object.keys(parsed({}))).toEqual([
      ...["llm", "tools", "mcp_config", "filter_tools_regex", "include_default_tools", "agent_context"],
      ...["system_prompt", "system_prompt_filename", "security_policy_filename", "system_prompt_kwargs"],
      ...["condenser", "critic", "tool_concurrency_limit", "persona", "kind"],
    ]);
  });

  it("asks for risks unless it says otherwise, and forgets a retired switch", () => {
    expect(
      parsed({ system_prompt_kwargs: { cli_mode: true, enable_browser: true } }).system_prompt_kwargs,
    ).toEqual({
      cli_mode: true,
      llm_security_analyzer: true,
    });
    const off = { llm_security_analyzer: false };
    expect(parsed({ system_prompt_kwargs: off }).system_prompt_kwargs).toEqual(off);
  });

  it("is an object", () => {
    for (const wrong of [[], "x", 3, null]) {
      expect(fault(agent, wrong)).toBe(
        ": Input should be a valid dictionary or object to extract fields from",
      );
    }
  });

  it("reads a policy file that is null as none", () => {
    expect(parsed({ security_policy_filename: null }).security_policy_filename).toBe("");
  });

  it("has a prompt of its own or a file of it, not both", () => {
    expect(agentFault({ system_prompt: "x", system_prompt_filename: "y.j2" })).toContain("Cannot set both");
    expect(agentFault({ tools: [{ name: "" }] })).toBe(
      "tools.0.name: Value error, Tool name cannot be empty",
    );
  });
});

describe("a condenser", () => {
  it("gets the defaults of its kind, and a model that does not stream", () => {
    const condenser = {
      kind: "LLMSummarizingCondenser",
      llm: { ...llm, stream: true },
      max_size: 50,
      extra: 1,
    };
    const { condenser: announced } = parsed({ condenser });
    expect(announced).toEqual({
      llm: expect.objectContaining({ model: "openai/gpt-4o", stream: false, num_retries: 5 }),
      max_size: 50,
      max_tokens: null,
      keep_first: 2,
      minimum_progress: 0.1,
      hard_context_reset_max_retries: 5,
      hard_context_reset_context_scaling: 0.8,
      kind: "LLMSummarizingCondenser",
    });
    expect(Object.keys(announced ?? {}).at(-1)).toBe("kind");
  });

  it("may hold others", () => {
    const condensers = [{ kind: "NoOpCondenser" }, { kind: "LLMSummarizingCondenser", llm }];
    expect(parsed({ condenser: { kind: "PipelineCondenser", condensers } }).condenser).toMatchObject({
      condensers: [{ kind: "NoOpCondenser" }, { max_size: 240 }],
    });
  });

  it.each([
    [
      { kind: "Foo" },
      "condenser: Value error, Unknown kind 'Foo' for openhands.sdk.context.condenser.base.CondenserBase; Expected one of: ['LLMSummarizingCondenser', 'NoOpCondenser', 'PipelineCondenser']",
    ],
    [{}, "condenser: Value error, Unknown kind '' for"],
    [{ kind: "LLMSummarizingCondenser" }, "condenser.llm: Field required"],
    [
      { kind: "LLMSummarizingCondenser", llm, max_size: 0 },
      "condenser.max_size: Input should be greater than 0",
    ],
    [
      { kind: "LLMSummarizingCondenser", llm, max_size: 10, keep_first: 5 },
      "condenser: Value error, keep_first must be less than max_size // 2",
    ],
    [
      { kind: "PipelineCondenser", condensers: [{ kind: "Foo" }] },
      "condenser.condensers.0: Value error, Unknown kind 'Foo'",
    ],
  ])("%j is refused by name", (condenser, message) => {
    expect(agentFault({ condenser })).toContain(message);
  });
});

describe("a critic", () => {
  it.each(["AgentFinishedCritic", "EmptyPatchCritic", "PassCritic"])(
    "of kind %s gets its defaults",
    (kind) => {
      const refined = { kind, iterative_refinement: {} };
      expect(parsed({ critic: refined }).critic).toEqual({
        mode: "finish_and_message",
        iterative_refinement: { success_threshold: 0.6, max_iterations: 3 },
        kind,
      });
    },
  );

  it("of a service needs a key and is announced with its labels", () => {
    expect(agentFault({ critic: { kind: "APIBasedCritic" } })).toBe("critic.api_key: Field required");
    expect(parsed({ critic: { kind: "APIBasedCritic", api_key: "k" } }).critic).toMatchObject({
      api_key: "k",
      model_name: "critic",
      issue_threshold: 0.75,
      sentiment_labels: ["sentiment_positive", "sentiment_neutral", "sentiment_negative"],
    });
  });
});

describe("MCP servers", () => {
  it("are announced by what is set, with whether they are enabled", () => {
    const servers = {
      local: { command: "npx", args: ["-y", "x"], env: null, headers: {} },
      remote: { url: "https://a.example/mcp", auth: { strategy: "bearer", value: "t" }, enabled: false },
    };
    expect(parsed({ mcp_config: servers }).mcp_config).toEqual({
      local: { command: "npx", args: ["-y", "x"], enabled: true },
      remote: { url: "https://a.example/mcp", auth: { strategy: "bearer", value: "t" }, enabled: false },
    });
    expect(parsed({ mcp_config: { mcpServers: servers } }).mcp_config).toEqual(
      parsed({ mcp_config: servers }).mcp_config,
    );
  });

  it.each([
    [{ foo: 1 }, "mcp_config.x.foo: Extra inputs are not permitted"],
    [{ transport: "stdio" }, "mcp_config.x: Value error, stdio MCP servers require 'command'"],
    [{ transport: "sse", command: "a" }, "mcp_config.x: Value error, remote MCP servers require 'url'"],
    [
      { url: "u", auth: { strategy: "none" }, headers: { authorization: "t" } },
      "mcp_config.x: Value error, 'auth' cannot be combined",
    ],
    [
      { url: "u", auth: { strategy: "x" } },
      "mcp_config.x.auth: Input tag 'x' found using 'strategy' does not match any of the expected tags: 'none', 'api_key', 'bearer', 'basic', 'header', 'oauth2'",
    ],
    [
      { url: "u", auth: { strategy: "oauth2", authentication: { client_id: "c" } } },
      "mcp_config.x.auth.authentication.type: Field required",
    ],
  ])("%j is refused by name", (server, message) => {
    expect(agentFault({ mcp_config: { x: server } })).toContain(message);
  });
});

describe("a context", () => {
  const skills = (...list: object[]) => ({ agent_context: { skills: list } });

  it("has skills with all their fields", () => {
    const trigger = { type: "path", paths: ["*.py"] };
    const sent = {
      name: "a",
      content: "c",
      trigger,
      allowed_tools: "read  write",
      metadata: { n: 1 },
      resources: { skill_root: "/s" },
    };
    expect(parsed(skills(sent)).agent_context?.skills).toEqual([
      {
        ...{ name: "a", content: "c", trigger, source: null, mcp_tools: null, inputs: [] },
        ...{
          is_agentskills_format: false,
          version: "1.0.0",
          description: null,
          license: null,
          compatibility: null,
        },
        ...{ metadata: { n: "1" }, allowed_tools: ["read", "write"], disable_model_invocation: true },
        resources: { skill_root: "/s", scripts: [], references: [], assets: [] },
      },
    ]);
  });

  it.each([
    [skills({ name: "a" }), "agent_context.skills.0.content: Field required"],
    [
      skills({ name: "a", content: "x" }, { name: "a", content: "y" }),
      "agent_context.skills: Value error, Duplicate skill name found: a",
    ],
    [
      skills({ name: "a", content: "x", trigger: { type: "z" } }),
      "agent_context.skills.0.trigger: Input tag 'z' found using 'type' does not match any of the expected tags: 'keyword', 'task', 'path'",
    ],
    [
      { agent_context: { registered_marketplaces: [{ name: "m", source: "s", repo_path: "a/../b" }] } },
      "agent_context.registered_marketplaces.0.repo_path: Value error, repo_path cannot contain '..' path traversal",
    ],
  ])("%j is refused by name", (fields, message) => {
    expect(agentFault(fields)).toBe(message);
  });

  it("knows where the plugins of a marketplace come from", () => {
    const registered_marketplaces = [{ name: "m", source: "github:a/b" }];
    expect(parsed({ agent_context: { registered_marketplaces } }).agent_context).toMatchObject({
      registered_marketplaces: [
        { name: "m", source: "github:a/b", ref: null, repo_path: null, auto_load: false },
      ],
    });
  });
});

describe("analyzers and policies", () => {
  it.each([
    [
      { kind: "GraySwanAnalyzer" },
      {
        history_limit: 20,
        max_message_chars: 30_000,
        timeout: 30,
        low_threshold: 0.3,
        medium_threshold: 0.7,
        policy_id: "689ca4885af3538a39b2ba04",
        api_key: null,
      },
    ],
    [
      { kind: "ToolShieldLLMSecurityAnalyzer", llm },
      { history_window: 20, safety_experiences: "", llm: { num_retries: 5 } },
    ],
    [
      { kind: "EnsembleSecurityAnalyzer", analyzers: [{ kind: "LLMSecurityAnalyzer" }] },
      { propagate_unknown: false },
    ],
  ])("%j has its defaults", (sent, announced) => {
    expect(securityAnalyzer.parse(sent)).toMatchObject(announced);
  });

  it.each([
    [
      { kind: "GraySwanAnalyzer", low_threshold: 0.9 },
      ": Value error, low_threshold (0.9) must be less than medium_threshold (0.7)",
    ],
    [{ kind: "ToolShieldLLMSecurityAnalyzer" }, "llm: Field required"],
    [
      { kind: "ToolShieldLLMSecurityAnalyzer", llm, history_window: 0 },
      "history_window: Value error, history_window must be >= 1",
    ],
    [
      { kind: "X" },
      ": Value error, Unknown kind 'X' for openhands.sdk.security.analyzer.SecurityAnalyzerBase; Expected one of: ['PatternSecurityAnalyzer', 'PolicyRailSecurityAnalyzer', 'EnsembleSecurityAnalyzer', 'GraySwanAnalyzer', 'LLMSecurityAnalyzer', 'ToolShieldLLMSecurityAnalyzer']",
    ],
  ])("%j is refused by name", (sent, message) => {
    expect(fault(securityAnalyzer, sent)).toBe(message);
  });

  it("ask from a known risk on", () => {
    expect(confirmationPolicy.parse({ kind: "ConfirmRisky" })).toEqual({
      threshold: "HIGH",
      confirm_unknown: true,
      kind: "ConfirmRisky",
    });
    expect(fault(confirmationPolicy, { kind: "ConfirmRisky", threshold: "UNKNOWN" })).toBe(
      "threshold: Value error, Threshold cannot be UNKNOWN",
    );
  });
});

describe("a tool of the client", () => {
  it("takes no arguments unless it says so", () => {
    expect(clientToolSpec.parse({ name: "pick", description: "d", annotations: {} })).toEqual({
      name: "pick",
      description: "d",
      parameters: { type: "object", properties: {} },
      annotations: {
        title: null,
        readOnlyHint: false,
        destructiveHint: true,
        idempotentHint: false,
        openWorldHint: true,
      },
    });
    expect(
      fault(clientToolSpec, { name: "pick", description: "d", parameters: { type: "string" } }),
    ).toContain(
      "parameters: Value error, ClientToolSpec.parameters must be an object JSON Schema (got type='string')",
    );
  });
});

describe("a sub-agent and a plugin", () => {
  it("have their defaults", () => {
    expect(agentDefinition.parse({ name: "x", extra: 1 })).toEqual({
      ...{
        name: "x",
        description: "",
        model: "inherit",
        color: null,
        tools: [],
        skills: [],
        system_prompt: "",
      },
      ...{ source: null, level: null, when_to_use_examples: [], hooks: null, permission_mode: null },
      ...{ max_iteration_per_run: null, max_budget_per_run: null, mcp_config: null, profile_store_dir: null },
      ...{ condenser: null, metadata: {} },
    });
    expect(pluginSource.parse({ source: "github:a/b" })).toEqual({
      source: "github:a/b",
      ref: null,
      repo_path: null,
    });
  });

  it("are refused by name", () => {
    expect(fault(agentDefinition, {})).toBe("name: Field required");
    expect(fault(agentDefinition, { name: "x", max_iteration_per_run: 0 })).toBe(
      "max_iteration_per_run: Input should be greater than 0",
    );
    expect(fault(agentDefinition, { name: "x", hooks: { foo: [] } })).toBe(
      "hooks.foo: Extra inputs are not permitted",
    );
    expect(fault(pluginSource, { source: "s", repo_path: "a/../b" })).toContain(
      "repo_path: Value error, repo_path cannot",
    );
  });
});
