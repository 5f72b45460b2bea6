import { call, calls, type Step, say, scriptedLlm } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import type { Llm, LlmRequest } from "../../../../src/llm/llm.ts";
import type { LlmConfig } from "../../../../src/wire/agent/llm-config.ts";
import {
  type BenchOptions,
  Gate,
  logOf,
  openManager,
  send,
  start,
  until,
  waitFor,
} from "../../open-manager.ts";

const QUESTION = "Which file have you changed last?";

/** The agent's model answers as ever; questions come from another model, recognised by its usage id. */
function openAsked(
  answers: readonly Step<LlmRequest>[],
  options: BenchOptions & { sideCalls?: boolean } = {},
) {
  const { sideCalls, steps, ...others } = options;
  const asides = { ...scriptedLlm([...answers], { cost: 0.5 }), sideCalls };
  const agent = scriptedLlm(steps ?? [say("One."), say("Two.")], { cost: 0.5 });
  const configs: LlmConfig[] = [];
  const createLlm = (config: LlmConfig): Llm => {
    configs.push(config);
    return config.usage_id === "ask-agent-llm" ? asides : agent;
  };
  return { ...openManager({ createLlm, ...others }), asides, agent, configs };
}

const finished = (manager: { get(id: string): Promise<{ execution_status: string }> }, id: string) =>
  until(async () => (await manager.get(id)).execution_status === "finished");

describe("a question to the agent", () => {
  it("is answered from what the agent has read, with its tools unrated, and leaves no event", async () => {
    const { manager, asides, configs } = openAsked([say("None yet.")], {
      steps: [call("echo", { text: "hi" }), say("Done.")],
    });
    const id = await start(manager, {
      agent: { llm: { model: "scripted", api_key: "k", stream: true }, tools: [{ name: "echo" }] },
    });
    await send(manager, id, "Look around.");
    await finished(manager, id);
    const before = await logOf(manager, id);

    expect(await (await manager.open(id)).ask(QUESTION)).toBe("None yet.");
    expect(await logOf(manager, id)).toEqual(before);
    const [request] = asides.requests;
    expect(request?.messages.map(({ role }) => role)).toEqual([
      "system",
      "user",
      "assistant",
      "tool",
      "assistant",
      "user",
    ]);
    expect(JSON.stringify(request?.messages.at(-1))).toContain(QUESTION);
    const parameters = request?.tools.map(({ parameters: { properties } }) =>
      Object.keys(properties as object),
    );
    expect(parameters?.flat()).toContain("summary");
    expect(parameters?.flat()).not.toContain("security_risk");
    expect(configs.find(({ usage_id }) => usage_id === "ask-agent-llm")).toMatchObject({ stream: false });
  });

  it("costs what it costs, apart from the agent's work", async () => {
    const { manager } = openAsked([say("None yet.")]);
    const id = await start(manager);
    await (await manager.open(id)).ask(QUESTION);
    const { stats } = await manager.get(id);
    expect(stats).toMatchObject({ usage_to_metrics: { "ask-agent-llm": { accumulated_cost: 0.5 } } });
  });

  it("leaves out a reply of which some calls are still open", async () => {
    const { manager, asides } = openAsked([say("I wait.")], {
      steps: [calls(["echo", { text: "a" }], ["echo", { text: "b" }]), say("Done.")],
    });
    const id = await start(manager, { confirmation_policy: { kind: "AlwaysConfirm" } });
    await send(manager, id, "Look around.");
    await until(async () => (await manager.get(id)).execution_status === "waiting_for_confirmation");
    expect(await (await manager.open(id)).ask(QUESTION)).toBe("I wait.");
    expect(asides.requests[0]?.messages.map(({ role }) => role)).toEqual(["system", "user", "user"]);
    expect((await manager.get(id)).execution_status).toBe("waiting_for_confirmation");
  });

  it("is answered while the agent works", async () => {
    const gate = new Gate();
    const { manager } = openAsked([say("At it.")], { steps: [waitFor(gate)] });
    const id = await start(manager);
    await send(manager, id, "Work.");
    await gate.reached;
    expect(await (await manager.open(id)).ask(QUESTION)).toBe("At it.");
    expect((await manager.get(id)).execution_status).toBe("running");
    gate.open();
    await finished(manager, id);
  });

  it("shows no secret in its answer", async () => {
    const { manager } = openAsked([say("The token is s3cr3t-t0ken.")]);
    const id = await start(manager, { secrets: { TOKEN: { kind: "StaticSecret", value: "s3cr3t-t0ken" } } });
    expect(await (await manager.open(id)).ask(QUESTION)).not.toContain("s3cr3t-t0ken");
  });

  it("is refused with 500 when the model fails or says nothing", async () => {
    for (const answer of [new Error("The model is down."), say(" ")]) {
      const { manager } = openAsked([answer]);
      const id = await start(manager);
      await expect((await manager.open(id)).ask(QUESTION)).rejects.toMatchObject({
        code: "internal",
        status: 500,
      });
      expect((await manager.get(id)).execution_status).toBe("idle");
    }
  });

  it("is refused when the model answers its agent alone", async () => {
    const { manager, asides } = openAsked([say("never")], { sideCalls: false });
    const id = await start(manager);
    await expect((await manager.open(id)).ask(QUESTION)).rejects.toMatchObject({ code: "unprocessable" });
    expect(asides.requests).toEqual([]);
  });

  it("is refused when it is longer than a prompt has room for", async () => {
    const { manager, asides } = openAsked([say("never")]);
    const id = await start(manager);
    const handle = await manager.open(id);
    await expect(handle.ask("x".repeat(100_001))).rejects.toMatchObject({ code: "unprocessable" });
    expect(asides.requests).toEqual([]);
  });

  it("is refused past four at a time, and the others are answered", async () => {
    const gate = new Gate();
    const { manager } = openAsked(Array.from({ length: 5 }, () => waitFor(gate, "Answer.")));
    const id = await start(manager);
    const handle = await manager.open(id);
    const four = Array.from({ length: 4 }, () => handle.ask(QUESTION));
    await gate.reached;
    await expect(handle.ask(QUESTION)).rejects.toMatchObject({ code: "too_many_requests" });
    gate.open();
    expect(await Promise.all(four)).toEqual(Array.from({ length: 4 }, () => "Answer."));
    expect(await handle.ask(QUESTION)).toBe("Answer.");
  });

  it("ends when the server closes", async () => {
    const gate = new Gate();
    const { manager } = openAsked([waitFor(gate)]);
    const id = await start(manager);
    const asked = (await manager.open(id)).ask(QUESTION);
    asked.catch(() => undefined);
    await gate.reached;
    await manager.close();
    await expect(asked).rejects.toMatchObject({ code: "unavailable" });
  });
});

describe("a title on request", () => {
  function openTitles(...titles: Step<LlmRequest>[]) {
    const llm = scriptedLlm(titles);
    const agent = scriptedLlm(() => say("Done."));
    const configs: LlmConfig[] = [];
    const createLlm = (config: LlmConfig): Llm => {
      configs.push(config);
      return config.usage_id === "title" ? llm : agent;
    };
    return { ...openManager({ createLlm }), titles: llm, configs };
  }

  it("is made in the caller's words and length by the caller's model, and not stored", async () => {
    const { manager, titles, configs } = openTitles(say("Fix the login page of the shop"));
    const id = await start(manager);
    await send(manager, id, "The login page is broken.", false);
    const handle = await manager.open(id);
    const title = await handle.generateTitle({
      maxLength: 20,
      prompt: "In {max_length} characters: {conversation_content}",
      llm: { model: "openai/other", api_key: "k" },
    });
    expect(title).toBe("Fix the login pag...");
    expect(titles.requests[0]?.messages.at(-1)?.content).toMatchObject([
      { text: "In 20 characters: The login page is broken." },
    ]);
    expect(configs.find(({ usage_id }) => usage_id === "title")?.model).toBe("openai/other");
    expect((await manager.get(id)).title).toBeNull();
  });

  it("is the beginning of the message when the model fails, also after the user has named the conversation", async () => {
    const { manager } = openTitles(new Error("no"));
    const id = await start(manager);
    await send(manager, id, "The login page is broken.", false);
    const handle = await manager.open(id);
    await handle.update({ title: "Mine" });
    expect(await handle.generateTitle()).toBe("The login page is broken.");
  });

  it("is refused before anything was said", async () => {
    const { manager } = openTitles(say("never"));
    const id = await start(manager);
    await expect((await manager.open(id)).generateTitle()).rejects.toMatchObject({
      code: "bad_request",
      detail: "No user messages found in conversation events",
    });
  });
});
