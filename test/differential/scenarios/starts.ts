import { finish, type Scenario, userMessage } from "../scenario.ts";

const UNKNOWN = "00000000-0000-4000-8000-000000000001";
const ONE_ID = "0a0b0c0d-0001-4000-8000-000000000001";

export const startScenarios: Scenario[] = [
  {
    name: "a start whose objects are none",
    script: [],
    drive: async (client, { workspace, base_url }) => {
      const llm = { model: "openai/scripted", api_key: "key", base_url };
      const agent = { kind: "Agent", llm, tools: [] };
      const start = (more: object) =>
        client.ask("POST", "/api/conversations", { workspace: { working_dir: workspace }, agent, ...more });
      for (const value of ["/tmp", 3, [], null, true]) await start({ workspace: value });
      for (const value of ["x", 3, [], true]) await start({ agent: value });
      for (const value of ["x", 3, [], null]) await start({ secrets: value });
      for (const value of ["x", 3, [], null]) await start({ secrets: { A: value } });
      for (const value of ["x", 3, []]) await start({ security_analyzer: value });
      for (const value of ["x", 3, [], null]) await start({ confirmation_policy: value });
      for (const value of ["x", [], 3]) await start({ initial_message: value });
      for (const value of ["x", [], 3]) await start({ agent: { ...agent, llm: value } });
      for (const value of ["x", [], 3]) await start({ agent: { ...agent, agent_context: value } });
      for (const value of ["x", 3, { a: 1 }]) await start({ tags: value });
      for (const value of ["x", ["x"], { a: 1 }]) await start({ tool_module_qualnames: value });
      for (const value of ["x", 3, [3], {}]) await start({ client_tools: value });
    },
  },
  {
    name: "parts of a conversation that are no objects",
    script: [],
    drive: async (client) => {
      for (const value of ["x", 3, [], null]) await client.post("/confirmation_policy", { policy: value });
      for (const value of ["x", 3, []]) await client.post("/security_analyzer", { security_analyzer: value });
      for (const value of ["x", 3, [], null]) await client.post("/secrets", { secrets: value });
      for (const value of [null, [], ["x"]]) await client.post("/secrets", { secrets: { A: value } });
    },
  },
  {
    name: "new fields of a start, in order",
    script: [{ text: "Hello." }],
    request: {
      conversation_runtime: "local",
      container: { memory: "2g", cpus: 1.5, browser: false },
      worktree: false,
      worktree_options: { base: "head", branch_prefix: "" },
      prompt: "A title for {conversation_content} of {max_length} letters",
      observability_parent_span_context: "00-aa-bb-01",
      agent_launch_additions: { system_message_suffix_append: "Be brief." },
      tool_module_qualnames: { unused: "no.such.module", terminal: "openhands.tools.terminal.definition" },
    },
    agent: { persona: "You are a gardener.", system_prompt_kwargs: { enable_browser: true } },
    llm: { stream_idle_timeout: 12.5, modify_params: true, timeout: 30 },
    drive: async (client) => {
      await client.get("");
      await client.sendAndWait("Hello.");
      await client.get("");
    },
  },
  {
    name: "new fields of a start that are refused",
    script: [],
    drive: async (client, { workspace, base_url }) => {
      const llm = { model: "openai/scripted", api_key: "key", base_url };
      const agent = { kind: "Agent", llm, tools: [] };
      const start = (more: object) =>
        client.ask("POST", "/api/conversations", { workspace: { working_dir: workspace }, agent, ...more });
      for (const value of ["docker", "podman", 3]) await start({ conversation_runtime: value });
      for (const value of [
        { memory: "much" },
        { cpus: 0 },
        { cpus: "x" },
        { more: 1 },
        { browser: "x" },
        "x",
      ]) {
        await start({ container: value });
      }
      for (const value of [
        { base: "nope" },
        { base: "ref" },
        { ref: "-x" },
        { branch_prefix: "-" },
        { more: 1 },
        3,
      ]) {
        await start({ worktree_options: value });
      }
      await start({ worktree: "perhaps" });
      await start({ prompt: "x".repeat(2_001) });
      await start({ prompt: 3 });
      await start({ observability_parent_span_context: 3 });
      await start({ agent_launch_additions: { llm_profile_ref: "x" } });
      await start({ agent_launch_additions: { llm_profile_ref: "" } });
      await start({ agent_launch_additions: { system_message_suffix_append: "x".repeat(32_769) } });
      await start({ agent_launch_additions: { skills: "x" } });
      await start({ agent: { ...agent, persona: 3 } });
      for (const value of [0, -1, "soon"])
        await start({ agent: { ...agent, llm: { ...llm, timeout: value } } });
      for (const value of [0, -1, "soon"]) {
        await start({ agent: { ...agent, llm: { ...llm, stream_idle_timeout: value } } });
      }
      for (const value of ["none", "huge", 3]) {
        await start({ agent: { ...agent, llm: { ...llm, reasoning_effort: value } } });
      }
      for (const value of ["auto", "other"]) {
        await start({ agent: { ...agent, llm: { ...llm, api_mode: value } } });
      }
      await start({ agent: { ...agent, tool_concurrency_limit: 0 } });
      await start({ agent: undefined, agent_profile_id: UNKNOWN });
      await start({ agent: undefined, agent_profile_id: "nope" });
      await start({ agent: null, agent_settings: null, agent_profile_id: null });
      for (const retired of ["enable_sub_agents", "enable_switch_llm_tool"]) {
        await start({ agent: undefined, agent_settings: { llm, [retired]: true } });
      }
    },
  },
  {
    name: "what is observed is told in headers",
    script: [],
    drive: async (client, { workspace, base_url }) => {
      const llm = { model: "openai/scripted", api_key: "key", base_url };
      const body = {
        workspace: { working_dir: workspace },
        agent: { kind: "Agent", llm, tools: [] },
        observability_metadata: { a: "body" },
      };
      const start = (headers: Record<string, string>) =>
        client.request({ method: "POST", path: "/api/conversations", body, headers });
      const name = (end: string) => `x-openhands-observability-${end}`;
      await start({
        [name("span-name")]: "my.span",
        [name("tags")]: "a, b,,c",
        [name("metadata")]: '{"a":1,"b":2}',
      });
      await start({ [name("metadata")]: "no JSON" });
      await start({ [name("metadata")]: "[1]" });
      await start({ [name("metadata")]: '{"b":{"c":1}}' });
      await start({ [name("span-name")]: "not good" });
      await start({ [name("parent-span-context")]: "00-aa-bb-01" });
    },
  },
  {
    name: "five starts of one id at once",
    script: [],
    drive: async (client, { workspace, base_url }) => {
      const body = {
        conversation_id: ONE_ID,
        workspace: { working_dir: workspace },
        agent: { kind: "Agent", llm: { model: "openai/scripted", api_key: "key", base_url }, tools: [] },
      };
      const start = { method: "POST", path: "/api/conversations", body };
      const answers = await Promise.all(Array.from({ length: 5 }, () => client.quietly(start)));
      client.noted.push({
        call: "five starts",
        statuses: answers.map(({ status }) => status).sort(),
        ids: [...new Set(answers.map((answer) => (answer.body as { id: string }).id))],
      });
      await client.ask("DELETE", `/api/conversations/${ONE_ID}`);
      await client.ask("DELETE", `/api/conversations/${ONE_ID}`);
    },
  },
  {
    name: "modules of tools",
    script: [finish],
    drive: async (client, { workspace, base_url }) => {
      const llm = { model: "openai/scripted", api_key: "key", base_url };
      const start = (tools: string[], tool_module_qualnames: object, more: object = {}) =>
        client.ask("POST", "/api/conversations", {
          workspace: { working_dir: workspace },
          agent: { kind: "Agent", llm, tools: tools.map((name) => ({ name })), ...more },
          tool_module_qualnames,
        });
      await start(["terminal"], {});
      await start(["terminal"], { terminal: "no.such.module" });
      await start([], { terminal: "openhands.tools.terminal.definition" });
      await start(["my_tool"], { my_tool: "no.such.module" });
      await start(["finish", "think"], {}, { include_default_tools: [] });
      await start(["FinishTool"], {}, { include_default_tools: ["ThinkTool"] });
    },
  },
  {
    name: "a conversation within another",
    script: [],
    drive: async (client, { workspace, base_url }) => {
      const body = {
        workspace: { working_dir: workspace },
        agent: { kind: "Agent", llm: { model: "openai/scripted", api_key: "key", base_url }, tools: [] },
        parent_conversation_id: client.id,
      };
      const { body: child } = await client.ask("POST", "/api/conversations", body);
      await client.ask("GET", `/api/conversations?ids=${client.id}`);
      await client.ask("DELETE", `/api/conversations/${(child as { id: string }).id}`);
    },
  },
  {
    name: "an initial message of another role",
    script: [{ text: "Hello." }],
    drive: async (client, { workspace, base_url }) => {
      const start = (initial_message: object) =>
        client.ask("POST", "/api/conversations", {
          workspace: { working_dir: workspace },
          agent: { kind: "Agent", llm: { model: "openai/scripted", api_key: "key", base_url }, tools: [] },
          initial_message,
        });
      await start({ ...userMessage("Hi.", false), role: "assistant" });
      await start({ ...userMessage("Hi.", false), role: "nobody" });
      await start({ content: "text" });
    },
  },
];
