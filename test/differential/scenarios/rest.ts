import { finish, run, type Scenario, think, userMessage } from "../scenario.ts";

const UNKNOWN = "00000000-0000-4000-8000-000000000001";
const unknown = `/api/conversations/${UNKNOWN}`;

const SKILL = { name: "hello", content: "Say hello.", trigger: { type: "keyword", keywords: ["hi"] } };

export const restScenarios: Scenario[] = [
  {
    name: "routes of a conversation that is not there",
    script: [],
    drive: async (client) => {
      for (const path of [
        "",
        "/agent_final_response",
        "/events/search",
        "/events/count",
        `/events/${UNKNOWN}`,
      ]) {
        await client.ask("GET", unknown + path);
      }
      await client.ask("GET", `${unknown}/events`, [UNKNOWN]);
      for (const path of ["/pause", "/interrupt", "/run"]) await client.ask("POST", unknown + path);
      await client.ask("POST", `${unknown}/events`, userMessage("Hi.", false));
      await client.ask("POST", `${unknown}/events/respond_to_confirmation`, { accept: true });
      await client.ask("POST", `${unknown}/secrets`, { secrets: {} });
      await client.ask("POST", `${unknown}/confirmation_policy`, { policy: { kind: "NeverConfirm" } });
      await client.ask("POST", `${unknown}/security_analyzer`, { security_analyzer: null });
      await client.ask("PATCH", unknown, { title: "x" });
      await client.ask("DELETE", unknown);
    },
  },
  {
    name: "ids that are no ids",
    script: [],
    drive: async (client) => {
      for (const path of ["", "/agent_final_response", "/events/search", "/events/count", "/events/x"]) {
        await client.ask("GET", `/api/conversations/nope${path}`);
      }
      await client.ask("POST", "/api/conversations/nope/run");
      await client.ask("DELETE", "/api/conversations/nope");
      await client.ask("GET", `/api/conversations/${client.id.replaceAll("-", "")}`);
      await client.ask("GET", `/api/conversations/${client.id.toUpperCase()}`);
    },
  },
  {
    name: "methods and paths that are not there",
    script: [],
    drive: async (client) => {
      await client.ask("PUT", "~");
      await client.ask("GET", "~/run");
      await client.ask("POST", "~/nothing");
      await client.ask("GET", "/api/nothing");
      await client.ask("GET", "~/");
      await client.ask("POST", "~/generate_title", {});
    },
  },
  {
    name: "bodies that are refused",
    script: [],
    drive: async (client) => {
      await client.ask("POST", "/api/conversations", "no JSON");
      await client.ask("POST", "/api/conversations", '{"a": }');
      await client.ask("POST", "/api/conversations", "");
      await client.ask("POST", "/api/conversations");
      await client.ask("POST", "/api/conversations", []);
      await client.ask("POST", "~/events", { content: "text" });
      await client.ask("POST", "~/events", { role: "nobody", content: [] });
      await client.ask("POST", "~/events", { content: [{ type: "video" }] });
      await client.ask("POST", "~/events", { content: [{ type: "text" }] });
      await client.ask("POST", "~/events", { content: [{ type: "text", text: "x", more: 1 }] });
      await client.ask("POST", "~/events", { run: "perhaps" });
      await client.ask("POST", "~/events", { run: "yes", content: [], role: 3 });
      await client.ask("POST", "~/events");
      await client.ask("POST", "~/events/respond_to_confirmation", { accept: "maybe", reason: 3 });
      await client.ask("POST", "~/confirmation_policy", { policy: { kind: "Nope" } });
      await client.ask("POST", "~/confirmation_policy", { policy: {} });
      await client.ask("POST", "~/confirmation_policy", {
        policy: { kind: "ConfirmRisky", threshold: "UNKNOWN" },
      });
      await client.ask("POST", "~/confirmation_policy", { policy: { kind: "NeverConfirm", extra: 1 } });
      await client.ask("POST", "~/confirmation_policy", {});
      await client.ask("POST", "~/security_analyzer", {});
      await client.ask("POST", "~/security_analyzer", { security_analyzer: { kind: "Nope" } });
      await client.ask("PATCH", "~", { title: "" });
      await client.ask("PATCH", "~", { title: "x".repeat(201) });
      await client.ask("PATCH", "~", { tags: { Bad: "x" } });
      await client.ask("PATCH", "~", { tags: { a: 1 } });
      await client.ask("PATCH", "~", { tags: [] });
    },
  },
  {
    name: "starts that are refused",
    script: [],
    drive: async (client, { workspace, base_url }) => {
      const llm = { model: "openai/scripted", api_key: "key", base_url };
      const agent = { kind: "Agent", llm, tools: [] };
      const start = (body: object) => client.ask("POST", "/api/conversations", body);
      const where = { workspace: { working_dir: workspace } };
      await start(where);
      await start({ agent });
      await start({ workspace: {}, agent });
      await start({ workspace: { working_dir: 3 }, agent });
      await start({ workspace: { kind: "Nope", working_dir: workspace }, agent });
      await start({ ...where, agent: {} });
      await start({ ...where, agent: { kind: "Nope", llm } });
      await start({ ...where, agent: { kind: "Agent" } });
      await start({ ...where, agent: { kind: "Agent", llm: {} } });
      await start({ ...where, agent: { kind: "Agent", llm: { model: 3 } } });
      await start({ ...where, agent: { ...agent, tools: [{}] } });
      await start({ ...where, agent: { ...agent, tools: "terminal" } });
      await start({ ...where, agent, max_iterations: 0 });
      await start({ ...where, agent, max_iterations: "many" });
      await start({ ...where, agent, stuck_detection: "perhaps" });
      await start({ ...where, agent, conversation_id: "nope" });
      await start({ ...where, agent, parent_conversation_id: UNKNOWN });
      await start({ ...where, agent, conversation_id: UNKNOWN, parent_conversation_id: UNKNOWN });
      await start({
        workspace: { working_dir: `${workspace}-other` },
        agent,
        parent_conversation_id: client.id,
      });
      await start({ ...where, agent, tags: { "not-good": "x" } });
      await start({ ...where, agent, tags: { a: "x".repeat(257) } });
      await start({ ...where, agent, confirmation_policy: { kind: "Nope" } });
      await start({ ...where, agent, security_analyzer: { kind: "Nope" } });
      await start({ ...where, agent, secrets: { A: { kind: "Nope" } } });
      await start({ ...where, agent, secrets: { A: "bare" } });
      await start({ ...where, agent, initial_message: { content: "text" } });
      await start({ ...where, agent, client_tools: [{ name: "x" }] });
      await start({
        ...where,
        agent,
        client_tools: [{ name: "x", description: "x", parameters: { type: "array" } }],
      });
      await start({ ...where, agent, observability_span_name: "not good" });
      await start({ ...where, agent_settings: {} });
      await start({ ...where, agent_settings: { agent_kind: "nope", llm } });
      await start({ ...where, agent, agent_profile_id: UNKNOWN });
      await start({ ...where, agent, agent_launch_additions: { more: 1 } });
    },
  },
  {
    name: "a start that says everything",
    script: [{ text: "Hello." }],
    request: {
      conversation_id: "12345678-1234-4234-9234-123456789abc",
      max_iterations: 7,
      stuck_detection: false,
      confirmation_policy: { kind: "ConfirmRisky" },
      security_analyzer: { kind: "LLMSecurityAnalyzer" },
      tags: { a: "1", team: "blue" },
      user_id: "ann",
      observability_metadata: { a: 1 },
      observability_tags: ["x"],
      secrets: { TOKEN: { kind: "StaticSecret", value: "v" } },
      tool_module_qualnames: { terminal: "openhands.tools.terminal.definition" },
      agent_definitions: [],
      unknown_field: { a: 1 },
    },
    agent: {
      agent_context: { skills: [SKILL], system_message_suffix: "Be kind." },
      condenser: null,
      tool_concurrency_limit: 2,
      unknown_field: 1,
    },
    drive: async (client, { workspace }) => {
      await client.get("");
      await client.get("?include_skills=true");
      await client.sendAndWait("Hello.");
      await client.get("");
      // The same id again is the same conversation, whatever else is asked.
      await client.ask("POST", "/api/conversations", {
        conversation_id: client.id,
        workspace: { working_dir: workspace },
        agent: { kind: "Agent", llm: { model: "openai/other" }, tools: [] },
        max_iterations: 3,
        initial_message: userMessage("Ignored.", true),
      });
    },
  },
  {
    name: "an agent from settings",
    script: [think("a"), finish],
    settings: { condenser: { enabled: false } },
    drive: async (client) => {
      await client.get("");
      await client.sendAndWait("Go.");
    },
  },
  {
    name: "an agent without a kind",
    script: [finish],
    agent: { kind: undefined, tools: [{ name: "terminal", params: {} }] },
  },
  {
    name: "a skill that a word wakes",
    script: [{ text: "Hello." }, { text: "Again." }],
    agent: { agent_context: { skills: [SKILL] } },
    drive: async (client) => {
      await client.sendAndWait("hi there");
      await client.sendAndWait("hi again");
    },
  },
  {
    name: "one conversation, through all routes",
    script: [think("a"), finish],
    drive: async (client) => {
      await client.get("");
      await client.get("/agent_final_response");
      await client.get("/events/count");
      await client.get("/events/search");
      await client.sendAndWait("Go.");
      await client.get("/agent_final_response");
      await client.ask("GET", `/api/conversations?ids=${client.id}&ids=${UNKNOWN}`);
      await client.ask("GET", `/api/conversations?ids=nope`);
      await client.ask("GET", `/api/conversations`);
      await client.ask("PATCH", "~", { title: "  A title  " });
      await client.ask("PATCH", "~", { tags: { b: "2" } });
      await client.ask("PATCH", "~", { title: null, tags: null });
      await client.ask("PATCH", "~", {});
      await client.get("");
    },
  },
  {
    name: "a conversation that is deleted",
    script: [],
    drive: async (client, { workspace, base_url }) => {
      const started = await client.ask("POST", "/api/conversations", {
        workspace: { working_dir: workspace },
        agent: { kind: "Agent", llm: { model: "openai/scripted", api_key: "key", base_url }, tools: [] },
        parent_conversation_id: client.id,
      });
      const { id } = started.body as { id: string };
      await client.get("");
      await client.ask("DELETE", `/api/conversations/${id}`);
      await client.ask("GET", `/api/conversations/${id}`);
      await client.ask("DELETE", `/api/conversations/${id}`);
      await client.get("");
    },
  },
  {
    name: "searches for conversations that are refused",
    script: [],
    drive: async (client) => {
      const search = "/api/conversations/search";
      for (const query of [
        "limit=0",
        "limit=x",
        "status=nope",
        "sort_order=nope",
        "include_skills=perhaps",
      ]) {
        await client.ask("GET", `${search}?${query}`);
      }
      await client.ask("GET", "/api/conversations/count?status=nope");
      await client.ask("GET", `${search}?limit=101`);
    },
  },
  {
    name: "events by search",
    script: [think("a"), run("echo hi"), finish],
    drive: async (client) => {
      await client.sendAndWait("Find the Needle.");
      await client.sendAndWait("Again.");
      await client.get("/events/search?limit=3");
      const page = await client.get("/events/search?limit=2&source=agent&sort_order=TIMESTAMP_DESC");
      const { next_page_id } = page.body as { next_page_id: string };
      await client.get(
        `/events/search?limit=2&source=agent&sort_order=TIMESTAMP_DESC&page_id=${next_page_id}`,
      );
      await client.get("/events/search?limit=1&page_id=unknown");
      await client.get("/events/search?kind=MessageEvent");
      await client.get("/events/search?kind=openhands.sdk.event.llm_convertible.message.MessageEvent");
      await client.get("/events/search?kind=openhands.sdk.event.llm_convertible.action.ActionEvent&limit=1");
      await client.get("/events/search?kind=Nope");
      await client.get("/events/search?source=user");
      await client.get("/events/search?source=nobody");
      await client.get("/events/search?body=NEEDLE");
      await client.get("/events/search?body=hi");
      await client.get("/events/search?timestamp__gte=2000-01-01T00:00:00&limit=1");
      await client.get("/events/search?timestamp__gte=2099-01-01T00:00:00Z");
      await client.get("/events/search?timestamp__lt=2000-01-01T00:00:00");
      await client.get("/events/search?limit=0");
      await client.get("/events/search?limit=x");
      await client.get("/events/search?sort_order=nope");
      await client.get("/events/search?timestamp__gte=soon");
      await client.get("/events/count?source=user");
      await client.get("/events/count?body=needle");
      await client.get("/events/count?timestamp__lt=2000-01-01T00:00:00");
      await client.get("/events/count?timestamp__lt=soon");
    },
  },
  {
    name: "events by id",
    script: [think("a"), { calls: [{ name: "nope", args: {} }] }, finish],
    drive: async (client) => {
      await client.sendAndWait("Go.");
      const events = await client.log();
      for (const { id, key } of events) if (key !== "stats") await client.get(`/events/${id}`);
      await client.get(
        "/events",
        events.filter(({ kind }) => kind !== "ConversationStateUpdateEvent").map(({ id }) => id),
      );
      await client.get("/events", []);
      await client.get("/events");
      await client.get("/events", { a: 1 });
    },
  },
  {
    name: "events that are not there",
    script: [],
    drive: async (client) => {
      await client.get(`/events/${UNKNOWN}`);
      await client.get("/events", [UNKNOWN]);
    },
  },
  {
    name: "a message that is no user's",
    script: [],
    drive: async (client) => {
      await client.post("/events", { role: "assistant", content: [{ type: "text", text: "Hi." }] });
    },
  },
  {
    name: "a tool that is nowhere",
    script: [finish],
    drive: async (client, { workspace, base_url }) => {
      await client.ask("POST", "/api/conversations", {
        workspace: { working_dir: workspace },
        agent: {
          kind: "Agent",
          llm: { model: "openai/scripted", api_key: "key", base_url },
          tools: [{ name: "no_such_tool" }],
        },
      });
    },
  },
  {
    name: "about the server",
    script: [],
    drive: async (client) => {
      for (const path of ["/alive", "/health", "/ready", "/server_info", "/"]) await client.ask("GET", path);
    },
  },
];
