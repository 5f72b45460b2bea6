import type { LlmRequest } from "agent-server";
import { call, fail, say, scriptedLlm, usage } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { modelAndCosts, observations, sayer, start, talk, withModels, wordsOf } from "./with-models.ts";

const CLASSES = {
  classifier_model: "sorter",
  classes: [
    { description: "Small edits", model: "quick" },
    { description: "Hard bugs", model: "strong" },
  ],
};

const route = () => scriptedLlm([call("route_task_to_model"), say("first")]);

const byName = (name: string | null = "rules", more: object = {}) => ({
  tools: [{ name: "ClassifyAndSwitchLLMTool", params: { active_meta_profile: name, ...more } }],
});

/** Routes one task by the answer of a classifier. */
async function routed(answer: string, rules: object = CLASSES, agent: object = byName()) {
  const sorter = sayer(answer);
  const server = await withModels({
    first: route(),
    sorter,
    quick: sayer("quick"),
    strong: sayer("strong"),
  });
  await server.ask("POST", "/api/meta-profiles/rules", rules);
  const id = await start(server, agent);
  const [observation] = observations(await talk(server.ask, id, [{ type: "text", text: "Fix the crash." }]));
  const { model } = await modelAndCosts(server.ask, id);
  return { ...server, id, sorter, observation, model, words: observation.content[0].text as string };
}

describe("an agent whose tasks are routed by classes", () => {
  it("gets the model of the class that the classifier numbers", async () => {
    const { observation, model } = await routed("2");
    expect(observation).toMatchObject({
      kind: "ClassifyAndSwitchLLMObservation",
      is_error: false,
      chosen_class: "Hard bugs",
      model: "strong",
      active_model: "openai/strong",
    });
    expect(model).toBe("openai/strong");
  });

  it("shows the classifier the last messages and the classes, and no tools", async () => {
    const { sorter } = await routed("1");
    const [request] = sorter.requests;
    expect(request?.tools).toEqual([]);
    const [system, user] = wordsOf(request as LlmRequest);
    expect(system).toContain("1. Small edits\n2. Hard bugs");
    expect(user).toContain("user: Fix the crash.");
  });

  it("pays the classifier under its own account", async () => {
    const sorter = scriptedLlm([[say("1"), usage({ prompt_tokens: 9 }, { cost: 0.5 })]]);
    const server = await withModels({ first: route(), sorter, quick: sayer("quick") });
    await server.ask("POST", "/api/meta-profiles/rules", CLASSES);
    const id = await start(server, byName());
    await talk(server.ask, id);
    expect((await modelAndCosts(server.ask, id)).costs).toMatchObject({
      default: 0,
      "classifier:sorter": 0.5,
      "profile:quick": 0,
    });
  });

  it("takes the first number of the answer", async () => {
    expect((await routed("Class 2, not 1.")).model).toBe("openai/strong");
  });

  it("keeps its model when the answer is no number of a class", async () => {
    for (const answer of ["0", "3", "-1", "none", "", "9".repeat(100_000)]) {
      const { observation, model, words } = await routed(answer);
      expect([observation.is_error, model]).toEqual([true, "openai/first"]);
      expect(words).toMatch(/^The model stays as it is/);
      expect(words.length).toBeLessThan(500);
    }
  });

  it("keeps its model when the class has none that is saved", async () => {
    const { observation, model } = await routed("1", {
      classifier_model: "sorter",
      classes: [{ description: "Odd", model: "lost" }],
    });
    expect(observation).toMatchObject({
      is_error: true,
      chosen_class: "Odd",
      model: "lost",
    });
    expect(model).toBe("openai/first");
  });

  it("keeps its model when the classifier is missing or fails", async () => {
    const missing = await routed("1", { ...CLASSES, classifier_model: "lost" });
    expect(missing.words).toContain("the classifier 'lost' has not answered");
    const server = await withModels({
      first: route(),
      sorter: scriptedLlm([fail("authentication")]),
      quick: sayer("quick"),
    });
    await server.ask("POST", "/api/meta-profiles/rules", CLASSES);
    const [observation] = observations(await talk(server.ask, await start(server, byName())));
    expect(observation.content[0].text).toContain("the classifier 'sorter' has not answered");
  });
});

describe("an agent whose tasks are routed by a prompt", () => {
  const PROMPT = {
    classifier_model: "sorter",
    prompt_template: "Models: {{ model_table }}\nTask: {{instance_text}}\nSay {{ other }}.",
    model_table: "quick is cheap; $& is no pattern",
  };

  it("gets the model that the answer names, in any case", async () => {
    const { observation, model, sorter } = await routed('Sure: ```json\n{"model": "STRONG"}\n```', PROMPT);
    expect([observation.model, observation.chosen_class, model]).toEqual([
      "strong",
      "model: strong",
      "openai/strong",
    ]);
    const [, user] = wordsOf(sorter.requests[0] as LlmRequest);
    expect(user).toBe(
      "user: Models: quick is cheap; $& is no pattern\nTask: user: Fix the crash.\nSay {{ other }}.",
    );
  });

  it("gets the model whose name stands in words, the longest first", async () => {
    const sorter = sayer("I would take quick-two here.");
    const quick = { quick: sayer("a"), "quick-two": sayer("b") };
    const server = await withModels({ first: route(), sorter, ...quick });
    await server.ask("POST", "/api/meta-profiles/rules", PROMPT);
    const id = await start(server, byName());
    await talk(server.ask, id);
    expect((await modelAndCosts(server.ask, id)).model).toBe("openai/quick-two");
  });

  it("keeps its model when the answer names none that is saved", async () => {
    for (const answer of ['{"model": "gpt-9 or quick"}', "No idea."]) {
      const { observation, model } = await routed(answer, PROMPT);
      expect([observation.is_error, model]).toEqual([true, "openai/first"]);
    }
  });
});

describe("the rules of a routed agent", () => {
  it("are those that are saved at the time of the call", async () => {
    const server = await withModels({
      first: route(),
      sorter: sayer("1"),
      quick: sayer("quick"),
      strong: sayer("strong"),
    });
    await server.ask("POST", "/api/meta-profiles/rules", CLASSES);
    const id = await start(server, byName());
    const changed = { classifier_model: "sorter", classes: [{ description: "All", model: "strong" }] };
    await server.ask("POST", "/api/meta-profiles/rules", changed);
    await talk(server.ask, id);
    expect((await modelAndCosts(server.ask, id)).model).toBe("openai/strong");
  });

  it("are its own where none of the name are saved, with its own models", async () => {
    const llm = { model: "openai/strong", api_key: "sk-own" };
    const agent = byName("gone", {
      meta_profile: { classifier_model: "sorter", classes: [{ description: "All", model: "mine" }] },
      meta_profile_llms: { mine: llm },
    });
    const { model, created, ask, id } = await routed("1", CLASSES, agent);
    expect(model).toBe("openai/strong");
    expect(created.at(-1)).toMatchObject({ api_key: "sk-own", usage_id: "profile:mine" });
    const { body } = await ask("GET", `/api/conversations/${id}`);
    expect(JSON.stringify(body)).not.toContain("sk-own");
  });

  it("are the first that are saved where it names none", async () => {
    expect((await routed("2", CLASSES, byName(null))).model).toBe("openai/strong");
    expect((await routed("2", CLASSES, { include_default_tools: ["ClassifyAndSwitchLLMTool"] })).model).toBe(
      "openai/strong",
    );
  });

  it("are missed with an error", async () => {
    const server = await withModels({ first: route() });
    const [named] = observations(await talk(server.ask, await start(server, byName("gone"))));
    expect(named.content[0].text).toBe("The model stays as it is: there is no meta-profile 'gone'");
    const other = await withModels({ first: route() });
    const [unnamed] = observations(await talk(other.ask, await start(other, byName(null))));
    expect(unnamed.content[0].text).toBe("The model stays as it is: no meta-profile is saved");
  });

  it("are refused at the start when they are none", async () => {
    const server = await withModels({ first: route() });
    const { status, body } = await server.ask("POST", "/api/conversations", {
      agent: { llm: { model: "openai/first" }, ...byName("x", { meta_profile: { classes: [] } }) },
      workspace: { working_dir: server.folder },
    });
    expect([status, body.detail]).toEqual([
      422,
      expect.stringContaining("Tool 'route_task_to_model': params.meta_profile.classifier_model"),
    ]);
  });

  it("come with the agent profile that refers to them, keys and all", async () => {
    const server = await withModels({
      first: sayer("unused"),
      agent: route(),
      sorter: sayer("2"),
      quick: sayer("quick"),
      strong: sayer("strong"),
    });
    const { ask, folder, created } = server;
    await ask("POST", "/api/meta-profiles/rules", CLASSES);
    await ask("POST", "/api/agent-profiles/coder", {
      llm_profile_ref: "agent",
      tools: [],
      enable_classify_and_switch_llm_tool: true,
      meta_profile_ref: "rules",
    });
    const { body: stored } = await ask("GET", "/api/agent-profiles/coder");
    const { body, status } = await ask("POST", "/api/conversations", {
      agent_profile_id: stored.profile.id,
      autotitle: false,
      workspace: { working_dir: folder },
    });
    expect(status).toBe(201);
    // What the launch has copied is what is used, though the profiles are gone.
    await ask("DELETE", "/api/meta-profiles/rules");
    await ask("DELETE", "/api/profiles/strong");
    await talk(ask, body.id);
    expect((await modelAndCosts(ask, body.id)).model).toBe("openai/strong");
    expect(created).toContainEqual(
      expect.objectContaining({ usage_id: "profile:strong", api_key: "sk-strong" }),
    );
  });

  it("come with the settings of a server that has activated some", async () => {
    const server = await withModels({
      first: sayer("unused"),
      agent: route(),
      sorter: sayer("1"),
      quick: sayer("quick"),
      strong: sayer("strong"),
    });
    const { ask, folder } = server;
    await ask("POST", "/api/profiles/agent/activate");
    await ask("POST", "/api/meta-profiles/rules", CLASSES);
    await ask("POST", "/api/meta-profiles/rules/activate");
    const { body: settings } = await ask("GET", "/api/settings", undefined, {
      "X-Expose-Secrets": "plaintext",
    });
    const { body, status } = await ask("POST", "/api/conversations", {
      agent_settings: settings.agent_settings,
      autotitle: false,
      workspace: { working_dir: folder },
    });
    expect([status, body.detail]).toEqual([201, undefined]);
    await talk(ask, body.id);
    expect((await modelAndCosts(ask, body.id)).model).toBe("openai/quick");
  });
});
