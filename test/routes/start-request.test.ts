import { expect, it } from "vitest";
import { openHttp, startBody } from "./open-http.ts";

const NOBODY = "6f1f2c52-58bb-4ff0-8baf-04e0e1c9a001";

/** What the reference answers to each. */
it.each([
  [{ workspace: "/tmp" }, "model_attributes_type", ["workspace"]],
  [{ agent: "x" }, "model_attributes_type", ["agent"]],
  [{ agent: [] }, "model_attributes_type", ["agent"]],
  [{ secrets: { X: "plain" } }, "model_attributes_type", ["secrets", "X"]],
  [{ secrets: "x" }, "dict_type", ["secrets"]],
  [{ conversation_id: "x" }, "uuid_parsing", ["conversation_id"]],
  [{ conversation_runtime: "cloud" }, "literal_error", ["conversation_runtime"]],
  [{ container: { memory: "much" } }, "string_pattern_mismatch", ["container", "memory"]],
  [{ container: { cpus: 0 } }, "greater_than_equal", ["container", "cpus"]],
  [{ container: { disk: 1 } }, "extra_forbidden", ["container", "disk"]],
  [{ worktree_options: { base: "ref" } }, "value_error", ["worktree_options"]],
  [{ worktree_options: { base: "ref", ref: "-x" } }, "string_pattern_mismatch", ["worktree_options", "ref"]],
  [{ worktree_options: { depth: 1 } }, "extra_forbidden", ["worktree_options", "depth"]],
  [
    { agent_launch_additions: { llm_profile_ref: "" } },
    "string_too_short",
    ["agent_launch_additions", "llm_profile_ref"],
  ],
  [{ agent_launch_additions: { llm_profile_ref: "fast" } }, "value_error", []],
  [{ agent_launch_additions: { tools: [] } }, "extra_forbidden", ["agent_launch_additions", "tools"]],
  [{ observability_metadata: { a: {} } }, "value_error", ["observability_metadata"]],
  [{ observability_metadata: { a: [1, 1.5] } }, "value_error", ["observability_metadata"]],
  [{ observability_tags: [""] }, "value_error", ["observability_tags"]],
  [{ observability_span_name: "a b" }, "value_error", ["observability_span_name"]],
  [{ prompt: "x".repeat(2_001) }, "string_too_long", ["prompt"]],
  [{ tags: { Bad: "x" } }, "value_error", ["tags"]],
  [{ tags: { a: "x".repeat(257) } }, "value_error", ["tags"]],
  [{ hook_config: { sometimes: [] } }, "extra_forbidden", ["hook_config", "sometimes"]],
  [{ agent_profile_id: NOBODY }, "value_error", []],
  [{ max_iterations: 0 }, "greater_than_equal", ["max_iterations"]],
  [{ agent_definitions: [{}] }, "missing", ["agent_definitions", 0, "name"]],
])("a start with %j is refused at its place", async (fields, type, place) => {
  const { call } = openHttp();
  const answer = await call("POST", "/api/conversations", startBody(fields));
  expect(answer.status).toBe(422);
  expect(answer.body.detail).toMatchObject([{ type, loc: ["body", ...place] }]);
});

it("null stands for the default of fields that have one", async () => {
  const { call } = openHttp();
  const nulls = {
    tags: null,
    observability_metadata: null,
    observability_tags: null,
    observability_span_name: null,
    observability_parent_span_context: null,
    container: null,
    worktree_options: null,
    prompt: null,
    conversation_runtime: null,
    agent_launch_additions: null,
  };
  expect(await call("POST", "/api/conversations", startBody(nulls))).toMatchObject({
    status: 201,
    body: { tags: {}, runtime_info: null },
  });
});

it("the modules of tools come back unchanged, with those that a client needs for the agent's other tools", async () => {
  const { call } = openHttp();
  const request = startBody({ tool_module_qualnames: { mine: "my.module", echo: "other.module" } });
  const { body } = await call("POST", "/api/conversations", request);
  const modules = { mine: "my.module", echo: "other.module" };
  expect(body.tool_module_qualnames).toEqual(modules);
  const read = (await call("GET", `/api/conversations/${body.id}`)).body;
  expect(read.tool_module_qualnames).toEqual(modules);
});

it("says in every reading, and not in the answer of a start, that a conversation can be run", async () => {
  const { call } = openHttp();
  const { body } = await call("POST", "/api/conversations", startBody({ conversation_id: NOBODY }));
  expect(body.runtime_info).toBeNull();
  const again = await call("POST", "/api/conversations", startBody({ conversation_id: NOBODY }));
  expect(again).toMatchObject({ status: 200, body: { runtime_info: null } });
  const available = { runtime_status: "available", can_resume: true, runtime_error: null };
  expect((await call("GET", `/api/conversations/${NOBODY}`)).body.runtime_info).toEqual(available);
  expect((await call("GET", `/api/conversations?ids=${NOBODY}`)).body[0].runtime_info).toEqual(available);
  expect((await call("GET", "/api/conversations/search")).body.items[0].runtime_info).toEqual(available);
});

it("tells in a header what of a request is not honoured in full", async () => {
  const { call, core } = openHttp();
  const agent = { llm: { model: "scripted", max_message_chars: 60_000 } };
  const request = startBody({ agent, container: { browser: true }, conversation_id: NOBODY });
  const post = () =>
    core.fetch(
      new Request("http://localhost/api/conversations", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(request),
      }),
    );
  const created = await post();
  expect(created.status).toBe(201);
  expect(created.headers.get("warning")).toMatch(
    /^299 - "agent\.llm\.max_message_chars: .*", 299 - "container: .*"$/,
  );
  expect((await post()).headers.has("warning")).toBe(false);
  expect((await call("GET", "/api/conversations/count")).body).toBe(1);
});
