import { say } from "agent-server/testing";
import { expect, it } from "vitest";
import { attach, openManager, send, settled, start, startRequest } from "./open-manager.ts";

const UNKNOWN = "6f1f2c52-58bb-4ff0-8baf-04e0e1c9a001";

it("the secrets of the agent's context are those of the conversation; the request's go first", async () => {
  const { manager } = openManager();
  const id = await start(manager, {
    agent: {
      llm: { model: "m" },
      agent_context: { secrets: { BARE: "one", BOTH: { kind: "StaticSecret", value: "context" } } },
    },
    secrets: { BOTH: { kind: "StaticSecret", value: "request" } },
  });
  const socket = await attach(manager, id);
  expect(JSON.parse(socket.frames[0] ?? "")).toMatchObject({
    value: { secret_registry: { secret_sources: { BARE: { value: "**********" }, BOTH: {} } } },
  });
});

it("a new conversation is idle, has every key, and shows no secret", async () => {
  const { manager, prepared } = openManager();
  const { info, created } = await manager.create(
    startRequest({ secrets: { TOKEN: { kind: "StaticSecret", value: "sk-secret" } } }),
  );
  expect(created).toBe(true);
  expect(Object.keys(info)).toHaveLength(35);
  expect(info).toMatchObject({
    execution_status: "idle",
    agent: { kind: "Agent", llm: { model: "scripted", api_key: null } },
    secret_registry: { secret_sources: { TOKEN: { value: null } } },
    persistence_dir: `workspace/conversations/${info.id.replaceAll("-", "")}`,
    title: null,
    metrics: null,
  });
  expect(prepared).toEqual(["/project"]);
});

it("an id that exists gives back that conversation and ignores the rest of the request", async () => {
  const { manager } = openManager();
  const id = await start(manager);
  const again = startRequest({ conversation_id: id, tags: { other: "1" }, initial_message: { content: [] } });
  expect(await manager.create(again)).toMatchObject({ created: false, info: { id, tags: {} } });
  expect(await manager.events.count(id)).toBe(0);
});

it("two requests for the same new id make one conversation", async () => {
  const { manager } = openManager();
  const request = startRequest({ conversation_id: crypto.randomUUID() });
  const answers = await Promise.all([manager.create(request), manager.create(request)]);
  expect(answers.map(({ created }) => created).sort()).toEqual([false, true]);
});

it("an initial message is sent and run, whatever its run says", async () => {
  const { manager } = openManager({ steps: [say("Hello.")] });
  const request = startRequest({ initial_message: { content: [{ text: "hi" }], run: false } });
  const { info } = await manager.create(request);
  expect(info.last_user_message_id).not.toBeNull();
  const socket = await attach(manager, info.id);
  if (!socket.story.includes("full_state(finished)")) await settled(socket);
  expect(await manager.agentFinalResponse(info.id)).toBe("Hello.");
});

it.each([
  [{ agent: { llm: { model: "m" }, tools: [{ name: "nowhere" }] } }, "unprocessable", "Available: [echo]"],
  [{ client_tools: [clientTool("echo")] }, "unprocessable", "echo"],
  [{ initial_message: { role: "assistant", content: [] } }, "unprocessable", "Only user messages"],
  [{ parent_conversation_id: UNKNOWN }, "unprocessable", "not found"],
  [{ agent: null, agent_profile_id: UNKNOWN }, "not_found", "Agent profile with id"],
  [{ secrets_encrypted: true }, "internal", "cipher not configured"],
])("refuses %j", async (fields, code, detail) => {
  const { manager } = openManager();
  await expect(manager.create(startRequest(fields))).rejects.toMatchObject({
    code,
    detail: expect.stringContaining(detail),
  });
  expect(await manager.count()).toBe(0);
});

it("goes without tools that clients name on the off chance", async () => {
  const { manager, llm } = openManager({ steps: [say("ok")] });
  const tools = [{ name: "echo" }, { name: "browser_navigate" }];
  const id = await start(manager, { agent: { llm: { model: "m" }, tools } });
  const socket = await attach(manager, id);
  await send(manager, id, "hi");
  await settled(socket);
  expect(llm.requests[0]?.tools.map(({ name }) => name)).toEqual(["echo", "finish", "think"]);
});

it("a parent is known to its child and the child to its parent", async () => {
  const { manager } = openManager();
  const parent = await start(manager);
  const child = await start(manager, { parent_conversation_id: parent });
  expect((await manager.get(child)).parent_conversation_id).toBe(parent);
  expect((await manager.get(parent)).sub_conversation_ids).toEqual([child]);
  await expect(
    start(manager, { parent_conversation_id: parent, workspace: { working_dir: "/elsewhere" } }),
  ).rejects.toMatchObject({ detail: `Parent conversation ${parent} belongs to a different workspace` });
});

it("agent_settings become an agent with the usual tools and a condenser", async () => {
  const { manager } = openManager();
  const llm = { model: "m", usage_id: "default" };
  await expect(manager.create(startRequest({ agent: null, agent_settings: { llm } }))).rejects.toMatchObject({
    detail: expect.stringContaining("terminal"),
  });
  const { info } = await manager.create(startRequest({ agent: null, agent_settings: { llm, tools: [] } }));
  expect(info.agent).toMatchObject({
    tools: [],
    include_default_tools: ["FinishTool", "ThinkTool"],
    condenser: { kind: "LLMSummarizingCondenser", llm: { usage_id: "condenser" }, max_size: 240 },
  });
});

it("a suffix of the launch is added to the agent's own", async () => {
  const { manager } = openManager();
  const agent = { llm: { model: "m" }, agent_context: { system_message_suffix: "Own." } };
  const additions = { system_message_suffix_append: "Added." };
  const { info } = await manager.create(startRequest({ agent, agent_launch_additions: additions }));
  expect((info.agent as { agent_context: object }).agent_context).toMatchObject({
    system_message_suffix: "Own.\n\nAdded.",
  });
});

it("skills of the launch are added under names that the agent leaves free and has not disabled", async () => {
  const { manager } = openManager();
  const own = { name: "own", content: "The agent's." };
  const agent_context = { skills: [own], disabled_skills: ["off"] };
  const skills = ["own", "off", "new", "new"].map((name, index) => ({ name, content: `Added ${index}.` }));
  const agent = { llm: { model: "m" }, agent_context };
  const request = startRequest({ agent, agent_launch_additions: { skills } });
  const { info } = await manager.create(request, { includeSkills: true });
  expect(info.agent).toMatchObject({
    agent_context: { skills: [own, { name: "new", content: "Added 2." }] },
  });
  const bare = startRequest({ agent: { llm: { model: "m" } }, agent_launch_additions: { skills } });
  const created = await manager.create(bare, { includeSkills: true });
  expect(created.info.agent).toMatchObject({
    agent_context: { skills: [{ name: "own" }, { name: "off" }, { name: "new" }] },
  });
});

it("skills are shown only to who asks for them", async () => {
  const { manager } = openManager();
  const agent = { llm: { model: "m" }, agent_context: { skills: [{ name: "s", content: "c" }] } };
  const id = await start(manager, { agent });
  expect((await manager.get(id)).agent).toMatchObject({ agent_context: { skills: [] } });
  expect((await manager.get(id, { includeSkills: true })).agent).toMatchObject({
    agent_context: { skills: [{ name: "s" }] },
  });
});

it("lists, counts and pages by status and order", async () => {
  const { manager } = openManager();
  const ids: string[] = [];
  for (let count = 0; count < 5; count += 1) ids.push(await start(manager));
  await (await manager.open(ids[0] ?? "")).pause();
  expect(await manager.count()).toBe(5);
  expect(await manager.count({ status: "paused" })).toBe(1);
  const first = await manager.search({ limit: 2 });
  expect(first.items.map(({ id }) => id)).toEqual([ids[4], ids[3]]);
  expect(first.next_page_id).toBe(ids[2]?.replaceAll("-", ""));
  const second = await manager.search({ limit: 3, pageId: first.next_page_id ?? "" });
  expect(second).toMatchObject({
    items: [{ id: ids[2] }, { id: ids[1] }, { id: ids[0] }],
    next_page_id: null,
  });
  expect((await manager.search({ status: "paused" })).items.map(({ id }) => id)).toEqual([ids[0]]);
  expect((await manager.search({ sortOrder: "UPDATED_AT_DESC" })).items[0]?.id).toBe(ids[0]);
  const unknown = crypto.randomUUID();
  const batch = await manager.batchGet([unknown, ids[1] ?? ""]);
  expect([batch[0], batch[1]?.id]).toEqual([null, ids[1]]);
});

it("an unknown conversation is refused by one error, whatever was asked", async () => {
  const { manager } = openManager();
  const id = crypto.randomUUID();
  const refusal = { code: "not_found", detail: `Conversation not found: ${id}` };
  for (const verb of ["open", "get", "delete", "agentFinalResponse"] as const) {
    await expect(manager[verb](id)).rejects.toMatchObject(refusal);
  }
  await expect(manager.follow(id).next()).rejects.toMatchObject(refusal);
  await expect(manager.events.search(id)).rejects.toMatchObject(refusal);
});

it("a request that is not valid is refused with the names of its fields", async () => {
  const { manager } = openManager();
  const request = startRequest({ workspace: { working_dir: "" }, max_iterations: 0 });
  await expect(manager.create(request)).rejects.toMatchObject({
    code: "unprocessable",
    detail: expect.stringMatching(/at max_iterations[\s\S]*at workspace\.working_dir/),
  });
});

it("a conversation remembers who made it, and lists can ask for that", async () => {
  const { manager } = openManager();
  const { info } = await manager.create(startRequest(), { createdBy: "ada" });
  await manager.create(startRequest(), { createdBy: "eve" });
  await start(manager);
  expect((await manager.search({ createdBy: "ada" })).items.map(({ id }) => id)).toEqual([info.id]);
  expect(await manager.count({ createdBy: "ada" })).toBe(1);
  expect(await manager.count()).toBe(3);
});

function clientTool(name: string) {
  return { name, description: "d", parameters: { type: "object" } };
}
