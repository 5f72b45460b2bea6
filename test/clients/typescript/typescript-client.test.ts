import { randomUUID } from "node:crypto";
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Event } from "@openhands/typescript-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestBed, type TestBed } from "../test-bed.ts";
import {
  AgentServerFeatureRequirements,
  assertAgentServerSupports,
  Conversation,
  ConversationClient,
  ConversationManager,
  HttpClient,
  ServerClient,
  Workspace,
} from "./client.ts";

let bed: TestBed;

beforeAll(async () => {
  bed = await openTestBed();
});

afterAll(() => bed[Symbol.asyncDispose]());

const newFolder = () => join(bed.folder, `work-${randomUUID()}`);

/** A message that tells the model what to answer, call by call. */
const plan = (...orders: object[]) => JSON.stringify(orders);
const run = (command: string) => ({ calls: [["terminal", { command }]] });
const say = (text: string) => ({ say: text });

function agent(llm: Record<string, unknown> = {}) {
  return {
    kind: "Agent",
    llm: {
      model: "openai/scripted",
      base_url: bed.modelUrl,
      api_key: "model-key",
      usage_id: "agent",
      ...llm,
    },
    tools: [{ name: "terminal" }, { name: "file_editor" }, { name: "task_tracker" }],
  };
}

const conversations = () => new ConversationClient({ host: bed.url, apiKey: bed.key });

const create = (extra: object = {}) =>
  conversations().createConversation({
    agent: agent(),
    workspace: { type: "local", working_dir: newFolder() },
    ...extra,
  });

/** A conversation object of the client with its socket open. */
async function connect(options: { conversationId?: string; initialMessage?: string } = {}) {
  const received: Event[] = [];
  const errors: Error[] = [];
  const workingDir = newFolder();
  const workspace = new Workspace({ host: bed.url, apiKey: bed.key, workingDir });
  const conversation = new Conversation(agent(), workspace, {
    ...(options.conversationId !== undefined && { conversationId: options.conversationId }),
    callback: (event) => received.push(event),
    onError: (error) => errors.push(error),
  });
  const { initialMessage } = options;
  await conversation.start(initialMessage === undefined ? {} : { initialMessage });
  await conversation.startWebSocketClient();
  await until(() => received.length > 0, "the first frame");
  return {
    conversation,
    received,
    errors,
    workingDir,
    kinds: () =>
      received.map((event) => event.kind).filter((kind) => kind !== "ConversationStateUpdateEvent"),
    [Symbol.asyncDispose]: () => conversation.close(),
  };
}

async function until(condition: () => unknown, what: string): Promise<void> {
  const deadline = Date.now() + 45_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited for ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

async function settled(id: string, status: string): Promise<void> {
  const current = async () => (await conversations().getConversation(id)).execution_status;
  await until(async () => (await current()) === status, status);
}

const statusOf = (error: unknown) => (error as { status?: number }).status;
const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

describe("the server's own routes", () => {
  it("answer without a key", async () => {
    const server = new ServerClient({ host: `${bed.url}/` });
    expect(await server.getAlive()).toEqual({ status: "ok" });
    expect(await server.getHealth()).toEqual({ status: "ok" });
    expect((await server.getReady()).status).toBe("ready");
    expect((await server.getServerInfo()).version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(await server.getRoot()).toMatchObject({ version: expect.any(String) });
  });

  it("are of a version that every feature of the client accepts", async () => {
    const client = new HttpClient({ baseUrl: bed.url, timeout: 10_000 });
    for (const requirement of Object.values(AgentServerFeatureRequirements)) {
      const { version } = await assertAgentServerSupports(client, requirement);
      expect(version).toBe("1.58.2");
    }
  });

  it("refuse a conversation without the right key", async () => {
    for (const apiKey of [undefined, "wrong"]) {
      const client = new ConversationClient({ host: bed.url, ...(apiKey !== undefined && { apiKey }) });
      const refused = await client.countConversations().catch((error: unknown) => error);
      expect(statusOf(refused)).toBe(401);
    }
  });
});

describe("a conversation over its socket", () => {
  it("starts with its first message, which runs at once", async () => {
    await using open = await connect({ initialMessage: plan(say("Started.")) });
    await settled(open.conversation.id, "finished");
    expect(await open.conversation.getAgentFinalResponse()).toBe("Started.");
  });

  it("streams a run from the first message to the last", async () => {
    await using open = await connect();
    await open.conversation.sendMessage(plan(run("echo hi > file"), say("Written.")));
    await open.conversation.run();
    await settled(open.conversation.id, "finished");
    await until(() => open.kinds().length >= 5, "five events");
    expect(open.kinds()).toEqual([
      "SystemPromptEvent",
      "MessageEvent",
      "ActionEvent",
      "ObservationEvent",
      "MessageEvent",
    ]);
    await settled(open.conversation.id, "finished");

    expect(await readFile(join(open.workingDir, "file"), "utf8")).toBe("hi\n");
    expect(await open.conversation.getAgentFinalResponse()).toBe("Written.");
    expect(open.received.every((event) => event.id && event.kind && event.timestamp)).toBe(true);
    expect(new Set(open.received.map((event) => event.id)).size).toBe(open.received.length);
    expect(open.errors).toEqual([]);
  });

  it("keeps the state of the conversation up to date", async () => {
    await using open = await connect();
    await open.conversation.sendMessage(plan(say("Done.")));
    await open.conversation.run();
    await settled(open.conversation.id, "finished");
    await until(
      async () => (await open.conversation.state.getExecutionStatus()) === "finished",
      "the state of the client",
    );
    expect(await open.conversation.state.getPersistenceDir()).toEqual(expect.any(String));
    expect((await open.conversation.state.getAgent()).llm.model).toBe("openai/scripted");
    expect(await open.conversation.state.getConfirmationPolicy()).toEqual({ kind: "NeverConfirm" });
    expect(await open.conversation.state.getActivatedKnowledgeSkills()).toEqual([]);
    const stats = await open.conversation.conversationStats();
    expect(stats).toMatchObject({ usage_to_metrics: { agent: { accumulated_cost: expect.any(Number) } } });
    expect(await open.conversation.getHookConfig()).toBeNull();
  });

  it("can be stopped and opened again", async () => {
    await using open = await connect();
    await open.conversation.stopWebSocketClient();
    await open.conversation.startWebSocketClient();
    const before = open.received.length;
    await until(() => open.received.length > before, "the first frame of the new socket");
    await open.conversation.sendMessage(plan(say("Heard.")));
    await until(() => open.kinds().includes("MessageEvent"), "the message");
  });

  it("comes back by itself after the server was killed", async () => {
    await using open = await connect();
    await bed.restart();
    const before = open.received.length;
    await open.conversation.sendMessage(plan(say("Still here.")));
    await open.conversation.run();
    await settled(open.conversation.id, "finished");
    await until(() => open.received.length > before, "a frame of the new server");
  });

  it("is read back by another client", async () => {
    await using first = await connect();
    await first.conversation.sendMessage(plan(run("true"), say("Over.")));
    await first.conversation.run();
    await settled(first.conversation.id, "finished");

    await using second = await connect({ conversationId: first.conversation.id });
    const events = await second.conversation.state.events.getEvents();
    expect(
      events.map((event) => event.kind).filter((kind) => kind !== "ConversationStateUpdateEvent"),
    ).toEqual(["SystemPromptEvent", "MessageEvent", "ActionEvent", "ObservationEvent", "MessageEvent"]);
  });

  it("gives secrets to commands and masks them in what comes back", async () => {
    await using open = await connect();
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's variable
    const command = "echo ${#TOKEN} $TOKEN";
    await open.conversation.updateSecrets({ TOKEN: "a-secret-of-26-characters!" });
    await open.conversation.sendMessage(plan(run(command), say("Used.")));
    await open.conversation.run();
    await settled(open.conversation.id, "finished");
    const observed = JSON.stringify(
      await open.conversation.state.events.search({ kind: "ObservationEvent" }),
    );
    expect(observed).toContain("26 <secret-hidden>");
    expect(observed).not.toContain("a-secret-of-26");
  });
});

describe("confirming", () => {
  it("runs what is accepted and not what is rejected", async () => {
    await using open = await connect();
    const { conversation, workingDir } = open;
    await conversation.setConfirmationPolicy({ kind: "AlwaysConfirm" });
    await conversation.sendMessage(plan(run("touch accepted"), run("touch rejected"), say("Enough.")));
    await conversation.run();
    await settled(conversation.id, "waiting_for_confirmation");
    expect(await exists(join(workingDir, "accepted"))).toBe(false);

    await conversation.sendConfirmationResponse(true);
    await until(() => exists(join(workingDir, "accepted")), "the accepted command");
    await settled(conversation.id, "waiting_for_confirmation");
    await conversation.sendConfirmationResponse(false, "rather not");
    await conversation.run().catch((error: unknown) => expect(statusOf(error)).toBe(409));
    await settled(conversation.id, "finished");

    expect(await exists(join(workingDir, "rejected"))).toBe(false);
    const rejections = await conversation.state.events.search({ kind: "UserRejectObservation" });
    expect(rejections.items).toMatchObject([{ rejection_reason: "rather not", tool_name: "terminal" }]);
  });

  it("takes a security analyzer and a policy by risk", async () => {
    const { id } = await create();
    await conversations().setSecurityAnalyzer(id, { kind: "LLMSecurityAnalyzer" });
    await conversations().setConfirmationPolicy(id, { policy: { kind: "ConfirmRisky", threshold: "HIGH" } });
    const info = await conversations().getConversation<Record<string, unknown>>(id);
    expect(info.confirmation_policy).toMatchObject({ kind: "ConfirmRisky", threshold: "HIGH" });
    expect(info.security_analyzer).toMatchObject({ kind: "LLMSecurityAnalyzer" });
  });

  it("shows the risks that the analyzer saw, whatever the policy", async () => {
    await using open = await connect();
    const { conversation } = open;
    await conversations().setSecurityAnalyzer(conversation.id, { kind: "LLMSecurityAnalyzer" });
    await conversation.sendMessage(plan(run("true"), say("Done.")));
    await conversation.run();
    await settled(conversation.id, "finished");
    expect(open.kinds()).toContain("SecurityAnalysisEvent");
    const { items } = await conversation.state.events.search({ kind: "SecurityAnalysisEvent" });
    expect(items).toMatchObject([{ analyzer: "LLMSecurityAnalyzer", policy: "NeverConfirm" }]);
  });
});

describe("stopping", () => {
  it("pauses after the step and goes on", async () => {
    await using open = await connect();
    await open.conversation.sendMessage(plan(run("touch one; sleep 1"), run("touch two"), say("Both.")));
    await open.conversation.run();
    await until(() => exists(join(open.workingDir, "one")), "the first command");
    await open.conversation.pause();
    await settled(open.conversation.id, "paused");
    await until(() => open.kinds().includes("PauseEvent"), "the pause event");
    expect(await exists(join(open.workingDir, "two"))).toBe(false);
    await open.conversation.run();
    await settled(open.conversation.id, "finished");
    expect(await exists(join(open.workingDir, "two"))).toBe(true);
  });

  it("interrupts a command that would take long", async () => {
    await using open = await connect();
    await open.conversation.sendMessage(plan(run("touch started; sleep 600"), say("Never.")));
    await open.conversation.run();
    await until(() => exists(join(open.workingDir, "started")), "the command");
    await conversations().interruptConversation(open.conversation.id);
    await settled(open.conversation.id, "paused");
    await until(() => open.kinds().includes("InterruptEvent"), "the interrupt event");
  });

  it("answers a second run with 409", async () => {
    const { id } = await create();
    await conversations().sendEvent(id, {
      role: "user",
      content: [{ type: "text", text: plan({ delay: 600_000 }) }],
    });
    await conversations().runConversation(id);
    expect(
      statusOf(
        await conversations()
          .runConversation(id)
          .catch((error: unknown) => error),
      ),
    ).toBe(409);
    await conversations().interruptConversation(id);
    await settled(id, "paused");
  });
});

describe("questions and goals", () => {
  it("answers a question that leaves no event", async () => {
    const { id } = await create();
    const client = conversations();
    const question = `Which file?\n${plan(say("None yet."))}`;
    expect(await client.askAgent(id, question)).toMatchObject({ response: "None yet." });
    const { items } = await client.searchEvents(id);
    expect(items.map(({ kind }) => kind)).not.toContain("MessageEvent");
  });

  it("pursues a goal until it is reached, and says why one cannot be begun or resumed", async () => {
    const { id } = await create();
    const client = conversations();
    const refusal = (work: Promise<unknown>) => work.catch((error: unknown) => error).then(statusOf);
    expect(await refusal(client.resumeGoal(id))).toBe(400);
    expect(await refusal(client.startGoal(id, { objective: " " }))).toBe(400);
    await client.stopGoal(id);
    await client.startGoal(id, { objective: plan(say("It is reached.")), max_iterations: 2 });
    const goals = async () => {
      const { items } = await client.searchEvents(id);
      return items.filter((event) => "key" in event && event.key === "goal");
    };
    await until(async () => (await goals()).length === 2, "the end of the goal");
    expect((await goals()).at(-1)).toMatchObject({
      value: { active: false, status: "complete", iteration: 1 },
    });
  });
});

describe("reading events", () => {
  it("searches, counts and gets them one by one and several at once", async () => {
    const { id } = await create();
    const client = conversations();
    for (const text of ["first Word", "second", plan(run("true"), say("third"))]) {
      await client.sendEvent(id, { role: "user", content: [{ type: "text", text }] });
    }
    await client.runConversation(id);
    await settled(id, "finished");

    const newest = await client.searchEvents(id, { limit: 2, sort_order: "TIMESTAMP_DESC" });
    expect(newest.items).toHaveLength(2);
    const older = await client.searchEvents(id, {
      limit: 2,
      sort_order: "TIMESTAMP_DESC",
      page_id: newest.next_page_id as string,
    });
    expect(older.items.map((event) => event.id)).not.toContain(newest.items[0]?.id);
    const messages = await client.searchEvents(id, { kind: "MessageEvent", source: "user" });
    expect(messages.items).toHaveLength(3);
    expect(await client.getEventCount(id, { kind: "MessageEvent", source: "user" })).toBe(3);
    expect(await client.getEventCount(id, { body: "first word" })).toBe(1);

    const [first, second] = messages.items as [Event, Event];
    expect(await client.getEventCount(id, { kind: "MessageEvent", timestamp__lt: second.timestamp })).toBe(1);
    expect(await client.getEvent(id, first.id)).toMatchObject({ id: first.id, kind: "MessageEvent" });
    const several = await client.getEvents(id, [second.id, "does-not-exist", first.id]);
    expect(several.map((event) => event?.id ?? null)).toEqual([second.id, null, first.id]);
  });
});

describe("managing conversations", () => {
  it("creates, finds, renames, counts and deletes them", async () => {
    const client = conversations();
    const before = await client.countConversations();
    const { id } = await create({ tags: { team: "red" } });
    const gone = randomUUID();
    expect(await client.countConversations()).toBe(before + 1);
    expect(await client.countConversations({ status: "idle" as never })).toBeGreaterThan(0);
    const batch = await client.getConversations([id, gone]);
    expect(batch.map((info) => info?.id ?? null)).toEqual([id, null]);

    await client.updateConversation(id, { title: "A title", tags: { team: "blue" } });
    expect(await client.getConversation(id)).toMatchObject({ title: "A title", tags: { team: "blue" } });
    const page = await client.searchConversations({ limit: 1 });
    expect(page.items).toHaveLength(1);

    await client.deleteConversation(id);
    const missing = await client.getConversation(id).catch((error: unknown) => error);
    expect(statusOf(missing)).toBe(404);
    expect((missing as { response?: unknown }).response).toMatchObject({ detail: expect.anything() });
  });

  it("does the same through the manager", async () => {
    const manager = new ConversationManager({ host: bed.url, apiKey: bed.key });
    const info = await create();
    expect((await manager.getConversation(info.id)).id).toBe(info.id);
    expect((await manager.getAllConversations()).map(({ id }) => id)).toContain(info.id);
    await manager.deleteConversation(info.id);
    expect((await manager.getAllConversations()).map(({ id }) => id)).not.toContain(info.id);
    manager.close();
  });

  it("begins, opens, counts and renames through the manager, whoever the agent is", async () => {
    const manager = new ConversationManager({ host: bed.url, apiKey: bed.key });
    const before = await manager.countConversations();
    const created = await manager.createConversation(agent() as never, { workingDir: newFolder() });
    expect(await manager.countConversations()).toBe(before + 1);
    expect(await manager.acp.countConversations()).toBe(before + 1);
    await created.setTitle("Of the manager");
    const [found, none] = await manager.getConversations([created.id, randomUUID()]);
    expect([found?.title, none]).toEqual(["Of the manager", null]);
    await manager.updateConversation(created.id, { tags: { by: "manager" } });
    const { items } = await manager.searchConversations({ limit: 100 });
    expect(items.find(({ id }) => id === created.id)).toMatchObject({ tags: { by: "manager" } });
    const [same] = await manager.acp.getConversations([created.id]);
    expect(same?.id).toBe(created.id);

    const loaded = await manager.loadConversation(created.id);
    expect(loaded.id).toBe(created.id);
    expect(await loaded.state.getWorkspace()).toMatchObject({ kind: "LocalWorkspace" });
    expect(await loaded.state.modelDump()).toMatchObject({ id: created.id });
    await Promise.all([created.close(), loaded.close()]);
    manager.close();
  });

  it("gives what there is when an id is created twice", async () => {
    const conversation_id = randomUUID();
    const first = await create({ conversation_id });
    const again = await create({ conversation_id });
    expect([first.id, again.id]).toEqual([conversation_id, conversation_id]);
  });

  it("takes a model that needs no key", async () => {
    const workingDir = newFolder();
    const { id } = await create({
      agent: { ...agent(), llm: { model: "demo/tour" } },
      workspace: { type: "local", working_dir: workingDir },
      initial_message: { role: "user", content: [{ type: "text", text: "Show me around" }], run: true },
    });
    await settled(id, "finished");
    expect(await readFile(join(workingDir, "NOTES.md"), "utf8")).toContain("Notes of the tour");
    expect((await conversations().getAgentFinalResponse(id)).response).toContain("tour of");
  });
});
