import { memoryStore } from "agent-server";
import { describe, expect, it } from "vitest";
import { openServer } from "./open-server.ts";

const RULES = { classifier_model: "fast", classes: [{ description: "Pictures", model: "vision" }] };
const ROUTED = {
  classifier_model: "fast",
  prompt_template: "Which of {{ model_table }} for {{instance_text}}?",
};

describe("a meta-profile", () => {
  it("is saved, listed and shown", async () => {
    const ask = openServer();
    expect(await ask("POST", "/api/meta-profiles/b", RULES)).toEqual({
      status: 201,
      body: { name: "b", message: "Meta-profile 'b' saved" },
    });
    await ask("POST", "/api/meta-profiles/a", { ...ROUTED, own: 1 });
    expect((await ask("GET", "/api/meta-profiles")).body).toEqual({
      meta_profiles: [
        { name: "a", classifier_model: "fast", num_classes: 0 },
        { name: "b", classifier_model: "fast", num_classes: 1 },
      ],
      active_meta_profile: null,
    });
    expect((await ask("GET", "/api/meta-profiles/b")).body).toEqual({
      name: "b",
      config: { ...RULES, prompt_template: null, model_table: null },
    });
    expect((await ask("GET", "/api/meta-profiles/a")).body.config).not.toHaveProperty("own");
  });

  it("must lead somewhere, by classes or by a template with the task in it", async () => {
    const ask = openServer();
    for (const body of [
      {},
      { classifier_model: "fast" },
      { ...ROUTED, prompt_template: "No task" },
      { ...ROUTED, classes: RULES.classes },
      { ...RULES, classes: [{ description: "No model" }] },
    ]) {
      expect((await ask("POST", "/api/meta-profiles/x", body)).status).toBe(422);
    }
    expect((await ask("POST", "/api/meta-profiles/.x", RULES)).status).toBe(422);
    expect((await ask("GET", "/api/meta-profiles/x")).body).toEqual({ detail: "Meta-profile 'x' not found" });
  });

  it("is one of at most 50, also on two servers at one moment", async () => {
    const store = memoryStore();
    const [one, other] = [openServer({ store }), openServer({ store })];
    for (let index = 0; index < 49; index += 1) await one("POST", `/api/meta-profiles/m${index}`, RULES);
    const saved = await Promise.all(
      [one, other].map((ask, index) => ask("POST", `/api/meta-profiles/x${index}`, RULES)),
    );
    expect(saved.map(({ status }) => status).sort()).toEqual([201, 409]);
    expect((await one("GET", "/api/meta-profiles")).body.meta_profiles).toHaveLength(50);
  });

  it("that is activated is that of the settings and their agent, with its rules", async () => {
    const ask = openServer();
    await ask("POST", "/api/meta-profiles/m", RULES);
    expect(await ask("POST", "/api/meta-profiles/m/activate")).toEqual({
      status: 200,
      body: { name: "m", message: "Meta-profile 'm' activated", applied: true },
    });
    const { active_meta_profile, agent_settings } = (await ask("GET", "/api/settings")).body;
    expect(active_meta_profile).toBe("m");
    expect(agent_settings).toMatchObject({
      active_meta_profile: "m",
      enable_classify_and_switch_llm_tool: true,
      meta_profile: RULES,
    });
    expect((await ask("GET", "/api/meta-profiles")).body.active_meta_profile).toBe("m");
    expect((await ask("PATCH", "/api/settings", { active_meta_profile: "nope" })).status).toBe(404);
  });

  it("that is removed leaves none in the settings", async () => {
    const ask = openServer();
    await ask("POST", "/api/meta-profiles/m", RULES);
    await ask("POST", "/api/meta-profiles/m/activate");
    expect(await ask("DELETE", "/api/meta-profiles/m")).toEqual({
      status: 200,
      body: { name: "m", message: "Meta-profile 'm' deleted" },
    });
    const { active_meta_profile, agent_settings } = (await ask("GET", "/api/settings")).body;
    expect(active_meta_profile).toBeNull();
    expect(agent_settings).toMatchObject({
      active_meta_profile: null,
      enable_classify_and_switch_llm_tool: false,
      meta_profile: null,
    });
    expect((await ask("DELETE", "/api/meta-profiles/m")).status).toBe(200);
    expect((await ask("POST", "/api/meta-profiles/m/activate")).status).toBe(404);
  });

  it("is not used by an agent that is another program", async () => {
    const ask = openServer();
    await ask("POST", "/api/meta-profiles/m", RULES);
    await ask("PATCH", "/api/settings", { agent_settings_diff: { agent_kind: "acp" } });
    expect((await ask("POST", "/api/meta-profiles/m/activate")).body).toEqual({
      name: "m",
      message: "Meta-profile 'm' not activated: the current agent settings cannot route between models",
      applied: false,
    });
    expect((await ask("GET", "/api/settings")).body.active_meta_profile).toBeNull();
  });

  it("that is damaged costs itself only", async () => {
    const store = memoryStore();
    const ask = openServer({ store });
    await store.documents.write([{ kind: "meta-profile", name: "bad", json: "{}", expected: null }]);
    await ask("POST", "/api/meta-profiles/good", RULES);
    expect((await ask("GET", "/api/meta-profiles")).body.meta_profiles).toHaveLength(1);
    expect((await ask("GET", "/api/meta-profiles/bad")).status).toBe(400);
  });
});
