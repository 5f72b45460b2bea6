import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestBed, type TestBed } from "../test-bed.ts";
import {
  AgentProfilesClient,
  ConversationClient,
  ConversationManager,
  MetaProfilesClient,
  ProfilesClient,
  SettingsClient,
} from "./client.ts";

let bed: TestBed;

beforeAll(async () => {
  bed = await openTestBed();
});

afterAll(() => bed[Symbol.asyncDispose]());

const access = () => ({ host: bed.url, apiKey: bed.key });
const settings = () => new SettingsClient(access());
const profiles = () => new ProfilesClient(access());
const agents = () => new AgentProfilesClient(access());
const metaProfiles = () => new MetaProfilesClient(access());

const statusOf = async (call: Promise<unknown>) =>
  (
    (await call.then(
      () => ({ status: "none" }),
      (error: unknown) => error,
    )) as { status?: unknown }
  ).status;

const MASK = "**********";
const llm = (fields: object = {}) => ({
  model: "openai/scripted",
  base_url: bed.modelUrl,
  api_key: "sk-of-the-profile",
  ...fields,
});

describe("settings", () => {
  it("are changed in part, and shown masked, encrypted and plain", async () => {
    const changed = await settings().updateSettings({
      agent_settings_diff: { llm: { model: "openai/of-settings", api_key: "sk-of-the-settings" } },
      conversation_settings_diff: { max_iterations: 77 },
      misc_settings_diff: { app_preferences: { language: "de" } },
    });
    expect(changed).toMatchObject({
      llm_api_key_is_set: true,
      agent_settings: { llm: { model: "openai/of-settings", api_key: MASK } },
      conversation_settings: { max_iterations: 77 },
      misc_settings: { app_preferences: { language: "de" } },
    });
    const keyOf = async (exposeSecrets?: "encrypted" | "plaintext") => {
      const shown = await settings().getSettings(exposeSecrets === undefined ? {} : { exposeSecrets });
      return (shown.agent_settings as unknown as { llm: { api_key: string } }).llm.api_key;
    };
    expect(await keyOf()).toBe(MASK);
    expect(await keyOf("plaintext")).toBe("sk-of-the-settings");
    expect(await keyOf("encrypted")).toMatch(/^gAAAAA/);
  });

  it("take a key back as they showed it, encrypted or masked", async () => {
    await settings().updateSettings({ agent_settings_diff: { llm: { api_key: "sk-that-stays" } } });
    const shown = await settings().getSettings({ exposeSecrets: "encrypted" });
    await settings().updateSettings({ agent_settings_diff: shown.agent_settings });
    const { agent_settings } = await settings().getSettings({ exposeSecrets: "plaintext" });
    expect(agent_settings).toMatchObject({ llm: { api_key: "sk-that-stays" } });

    const masked = { agent_settings_diff: (await settings().getSettings()).agent_settings };
    await settings().updateSettings(masked);
    expect(await settings().getSettings({ exposeSecrets: "plaintext" })).toMatchObject({
      agent_settings: { llm: { api_key: "sk-that-stays" } },
    });
  });

  it("have forms for the agent and for conversations", async () => {
    const agent = await settings().getAgentSchema();
    expect(agent.model_name).toBe("AgentSettings");
    expect(agent.sections.find(({ key }) => key === "llm")?.fields.map(({ key }) => key)).toEqual(
      expect.arrayContaining(["llm.model", "llm.api_key", "llm.base_url"]),
    );
    const conversation = await settings().getConversationSchema();
    expect(conversation.model_name).toBe("ConversationSettings");
    expect(conversation.sections.flatMap(({ fields }) => fields.map(({ key }) => key))).toContain(
      "max_iterations",
    );
  });

  it("hold MCP servers that are added, changed and removed one by one", async () => {
    const added = await settings().createMcpServer("search", {
      transport: "http",
      url: "https://mcp.example/a",
      headers: { Authorization: "Bearer hidden" },
    } as never);
    expect(added.agent_settings).toMatchObject({
      mcp_config: { search: { url: "https://mcp.example/a", headers: { Authorization: MASK } } },
    });
    const changed = await settings().patchMcpServer("search", { url: "https://mcp.example/b" } as never);
    expect(changed.agent_settings).toMatchObject({
      mcp_config: { search: { url: "https://mcp.example/b", headers: { Authorization: MASK } } },
    });
    const removed = await settings().deleteMcpServer("search");
    expect((removed.agent_settings as { mcp_config: object }).mcp_config).toEqual({});
    expect(await statusOf(settings().deleteMcpServer("search"))).toBe(404);
  });
});

describe("secrets", () => {
  it("are saved, listed without values, read as text and deleted", async () => {
    await settings().upsertSecret({ name: "TOKEN", value: "first" });
    await settings().upsertSecret({ name: "TOKEN", value: "second", description: "of the tests" });
    const { secrets } = await settings().listSecrets();
    expect(secrets.filter(({ name }) => name === "TOKEN")).toEqual([
      { name: "TOKEN", description: "of the tests" },
    ]);
    expect(await settings().getSecret("TOKEN")).toBe("second");
    expect(await settings().deleteSecret("TOKEN")).toMatchObject({ deleted: true });
    expect(await statusOf(settings().getSecret("TOKEN"))).toBe(404);
  });
});

describe("saved models", () => {
  it("are saved, shown, listed, activated, renamed and deleted", async () => {
    expect(await profiles().saveProfile("fast", { llm: llm(), include_secrets: true })).toMatchObject({
      name: "fast",
    });
    const shown = await profiles().getProfile("fast");
    expect(shown).toMatchObject({ config: { model: "openai/scripted", api_key: null }, api_key_set: true });
    const plain = await profiles().getProfile("fast", { exposeSecrets: "plaintext" });
    expect(plain.config).toMatchObject({ api_key: "sk-of-the-profile" });

    expect(await profiles().activateProfile("fast")).toMatchObject({ name: "fast", llm_applied: true });
    const { agent_settings } = await settings().getSettings();
    expect(agent_settings).toMatchObject({ llm: { model: "openai/scripted", base_url: bed.modelUrl } });

    expect(await profiles().renameProfile("fast", "quick")).toMatchObject({ name: "quick" });
    const list = await profiles().listProfiles();
    expect(list.active_profile).toBe("quick");
    expect(list.profiles).toContainEqual(
      expect.objectContaining({ name: "quick", model: "openai/scripted", api_key_set: true }),
    );
    expect(await statusOf(profiles().getProfile("fast"))).toBe(404);
    expect(await profiles().deleteProfile("quick")).toMatchObject({ name: "quick" });
    expect((await profiles().listProfiles()).profiles.map(({ name }) => name)).not.toContain("quick");
  });

  it("are tried out against their provider before they are saved", async () => {
    expect(await profiles().validateProfile("any", { llm: llm(), include_secrets: true })).toMatchObject({
      valid: true,
    });
    const nobody = llm({ base_url: "http://127.0.0.1:9/v1" });
    const refused = await profiles().validateProfile("any", { llm: nobody, include_secrets: true });
    expect(refused).toMatchObject({ valid: false, error: { message: expect.any(String) } });
  });

  it("do the same through the client of the settings", async () => {
    await settings().saveProfile("through-settings", { llm: llm(), include_secrets: false });
    expect(await settings().getProfile("through-settings")).toMatchObject({ api_key_set: false });
    await settings().renameProfile("through-settings", "renamed");
    expect((await settings().listProfiles()).profiles.map(({ name }) => name)).toContain("renamed");
    expect(await settings().deleteProfile("renamed")).toMatchObject({ name: "renamed" });
  });
});

describe("saved agents", () => {
  it("have a first one that is active, and one takes its place by its id", async () => {
    const first = await agents().listAgentProfiles();
    expect(first.profiles.find(({ id }) => id === first.active_agent_profile_id)?.name).toBe("default");

    await agents().saveAgentProfile("reviewer", {
      agent_kind: "openhands",
      llm_profile_ref: "any",
      persona: "You review.",
    } as never);
    const { name, profile } = await agents().getAgentProfile("reviewer");
    expect([name, profile]).toMatchObject(["reviewer", { llm_profile_ref: "any", persona: "You review." }]);
    expect(await agents().activateAgentProfile(profile.id as string)).toMatchObject({
      id: profile.id,
      agent_settings_applied: expect.any(Boolean),
    });
    expect((await agents().listAgentProfiles()).active_agent_profile_id).toBe(profile.id);

    await agents().renameAgentProfile("reviewer", "critic");
    expect((await agents().getAgentProfile("critic")).profile.id).toBe(profile.id);
    await agents().deleteAgentProfile("critic");
    expect(await statusOf(agents().getAgentProfile("critic"))).toBe(404);
    const last = await agents().listAgentProfiles();
    expect(last.active_agent_profile_id).toBe(first.active_agent_profile_id);
  });
});

describe("rules that choose among saved models", () => {
  it("are saved, shown, listed, activated and deleted", async () => {
    const rules = { classifier_model: "fast", classes: [{ description: "Pictures", model: "vision" }] };
    for (const name of ["fast", "vision"]) await profiles().saveProfile(name, { llm: llm() });
    await metaProfiles().saveMetaProfile("routing", rules as never);
    expect((await metaProfiles().getMetaProfile("routing")).config).toMatchObject(rules);
    expect((await metaProfiles().activateMetaProfile("routing")).name).toBe("routing");
    expect(await metaProfiles().listMetaProfiles()).toMatchObject({
      meta_profiles: [{ name: "routing", classifier_model: "fast", num_classes: 1 }],
      active_meta_profile: "routing",
    });
    expect(await metaProfiles().deleteMetaProfile("routing")).toMatchObject({ name: "routing" });
    expect((await metaProfiles().listMetaProfiles()).meta_profiles).toEqual([]);
  });
});

describe("a conversation of what is kept", () => {
  const conversations = () => new ConversationClient(access());
  const workspace = () => ({ kind: "LocalWorkspace", working_dir: mkdtempSync(join(bed.folder, "kept-")) });
  const modelOf = async (id: string) =>
    ((await conversations().getConversation(id)) as { agent: { llm: { model: string } } }).agent.llm.model;

  it("starts from a saved agent and names it", async () => {
    await profiles().saveProfile("of-agent", {
      llm: llm({ model: "openai/of-agent" }),
      include_secrets: true,
    });
    await agents().saveAgentProfile("starter", {
      agent_kind: "openhands",
      llm_profile_ref: "of-agent",
      tools: [],
    } as never);
    const { profile } = await agents().getAgentProfile("starter");
    const { id } = await conversations().createConversation({
      agent_profile_id: profile.id as string,
      workspace: workspace(),
    });
    expect(await modelOf(id)).toBe("openai/of-agent");
    expect(await conversations().getConversation(id)).toMatchObject({
      launched_agent_profile: { agent_profile_id: profile.id, llm_profile_ref: null },
    });
  });

  it("goes on with another model: one that is sent, and one that is saved", async () => {
    const { id } = await conversations().createConversation({
      agent: { kind: "Agent", llm: llm(), tools: [] },
      workspace: workspace(),
    });
    await conversations().switchLLM(id, llm({ model: "openai/sent", usage_id: "sent" }) as never);
    expect(await modelOf(id)).toBe("openai/sent");

    await profiles().saveProfile("saved", { llm: llm({ model: "openai/saved" }), include_secrets: true });
    await conversations().switchProfile(id, "saved");
    expect(await modelOf(id)).toBe("openai/saved");
    const manager = new ConversationManager(access());
    expect(await statusOf(manager.switchProfile(id, "nobody"))).toBe(404);
    expect(await statusOf(conversations().switchAcpModel(id, "any"))).toBe(400);
    expect(await modelOf(id)).toBe("openai/saved");
    manager.close();
  });
});
