import type { Client } from "../../client.ts";
import type { Scenario } from "../../scenario.ts";

const LLM = { model: "openai/gpt-4o", api_key: "sk-secret-1", base_url: "http://127.0.0.1:9/v1" };
const RULES = { classifier_model: "fast", classes: [{ description: "Pictures", model: "vision" }] };
const ROUTED = {
  classifier_model: "fast",
  prompt_template: "Which of {{ model_table }} for {{instance_text}}?",
};

async function get(client: Client, path: string, exposure?: string): Promise<void> {
  const headers = exposure === undefined ? undefined : { "X-Expose-Secrets": exposure };
  await client.request({ method: "GET", path, headers });
}

async function remove(client: Client, kind: string, names: readonly string[]): Promise<void> {
  for (const name of names) await client.ask("DELETE", `/api/${kind}/${name}`);
}

export const profileScenarios: Scenario[] = [
  {
    name: "profiles: saved, shown and listed",
    alone: true,
    script: [],
    drive: async (client) => {
      await get(client, "/api/profiles");
      await client.ask("POST", "/api/profiles/fast", { llm: LLM });
      await client.ask("POST", "/api/profiles/a-b", { llm: { ...LLM, temperature: 0.5, top_k: 3 } });
      await client.ask("POST", "/api/profiles/a", { llm: { model: "anthropic/claude-opus-5" } });
      await client.ask("POST", "/api/profiles/B.json", { llm: LLM, include_secrets: false });
      await client.ask("POST", "/api/profiles/aws", { llm: { ...LLM, aws_secret_access_key: "aws" } });
      await client.ask("POST", "/api/profiles/sub", {
        llm: { ...LLM, auth_type: "subscription", subscription_vendor: "openai" },
      });
      await client.ask("POST", "/api/profiles/proxy", {
        llm: { model: "litellm_proxy/gpt-5.6", base_url: "https://llm-proxy.app.all-hands.dev/v1" },
      });
      await client.ask("POST", "/api/profiles/masked", { llm: { ...LLM, api_key: "**********" } });
      await client.ask("POST", "/api/profiles/blank", { llm: { ...LLM, api_key: " " } });
      await get(client, "/api/profiles");
      for (const name of ["fast", "a-b", "a", "B", "B.json", "aws", "sub", "proxy", "masked", "nope"]) {
        await get(client, `/api/profiles/${name}`);
      }
      for (const mode of ["plaintext", "PlainText", "all", ""]) await get(client, "/api/profiles/aws", mode);
      await get(client, "/api/profiles/a", "encrypted");
      await get(client, "/api/profiles/nope", "plaintext");
      await client.ask("POST", "/api/profiles/fast", { llm: { ...LLM, model: "openai/other" } });
      await get(client, "/api/profiles/fast");
      await remove(client, "profiles", [
        "fast",
        "a-b",
        "a",
        "B.json",
        "aws",
        "sub",
        "proxy",
        "masked",
        "blank",
        "nope",
      ]);
      await get(client, "/api/profiles");
    },
  },
  {
    name: "profiles: refused",
    script: [],
    drive: async (client) => {
      for (const name of [".x", "-x", "a%20b", "x".repeat(65), "%E2%82%AC"]) {
        await get(client, `/api/profiles/${name}`);
        await client.ask("POST", `/api/profiles/${name}`, { llm: LLM });
      }
      for (const body of [
        {},
        { llm: null },
        { llm: "gpt" },
        { llm: {} },
        { llm: LLM, include_secrets: "perhaps" },
      ]) {
        await client.ask("POST", "/api/profiles/refused", body);
      }
      await client.ask("POST", "/api/profiles/refused", {
        llm: { ...LLM, temperature: -1, num_retries: "x" },
      });
      await client.ask("POST", "/api/profiles/refused", "no JSON");
      await client.ask("PUT", "/api/profiles/refused", { llm: LLM });
      await client.ask("POST", "/api/profiles/nope/rename", {});
      await client.ask("POST", "/api/profiles/nope/rename", { new_name: "" });
      await client.ask("POST", "/api/profiles/nope/rename", { new_name: "a b" });
      await client.ask("POST", "/api/profiles/nope/rename", { new_name: "x".repeat(65) });
      await client.ask("POST", "/api/profiles/nope/rename", { new_name: 3 });
      await client.ask("POST", "/api/profiles/nope/rename", { new_name: "nope" });
      await client.ask("POST", "/api/profiles/nope/activate", {});
      await client.ask("POST", "/api/profiles/nope/validate", {});
    },
  },
  {
    name: "profiles: renamed, activated and removed",
    alone: true,
    script: [],
    drive: async (client) => {
      await client.ask("POST", "/api/profiles/one", { llm: { ...LLM, temperature: 0.5 } });
      await client.ask("POST", "/api/profiles/two", { llm: LLM });
      await client.ask("POST", "/api/profiles/one/activate", {});
      await get(client, "/api/profiles");
      await client.ask("POST", "/api/profiles/one/rename", { new_name: "two" });
      await client.ask("POST", "/api/profiles/one/rename", { new_name: "one" });
      await client.ask("POST", "/api/profiles/one/rename", { new_name: "one.json" });
      await client.ask("POST", "/api/profiles/one/rename", { new_name: "three" });
      await get(client, "/api/profiles");
      await get(client, "/api/profiles/three", "plaintext");
      await client.ask("POST", "/api/profiles/two.json/activate");
      await get(client, "/api/profiles");
      await remove(client, "profiles", ["two", "three"]);
      await get(client, "/api/profiles");
    },
  },
  {
    name: "profiles: tried out",
    script: [{ text: "pong" }],
    llm: {},
    drive: async (client, { base_url }) => {
      const llm = { model: "openai/scripted", api_key: "key", base_url };
      await client.ask("POST", "/api/profiles/draft/validate", { llm, include_secrets: true });
      await client.ask("POST", "/api/profiles/draft/validate", {
        llm: { ...llm, provider_connection_id: "" },
      });
      await get(client, "/api/profiles/draft");
    },
  },
  {
    name: "meta-profiles",
    alone: true,
    script: [],
    drive: async (client) => {
      await get(client, "/api/meta-profiles");
      await client.ask("POST", "/api/meta-profiles/b", RULES);
      await client.ask("POST", "/api/meta-profiles/a", { ...ROUTED, own: 1 });
      await client.ask("POST", "/api/meta-profiles/a-b.json", { ...RULES, model_table: "| a |" });
      await get(client, "/api/meta-profiles");
      for (const name of ["a", "b", "a-b", "nope", ".x"]) await get(client, `/api/meta-profiles/${name}`);
      for (const body of [
        {},
        { classifier_model: "fast" },
        { ...ROUTED, prompt_template: "No task" },
        { ...ROUTED, classes: RULES.classes },
        { ...RULES, classes: [{ description: "No model" }] },
        { ...RULES, classes: "none" },
      ]) {
        await client.ask("POST", "/api/meta-profiles/refused", body);
      }
      await client.ask("POST", "/api/meta-profiles/.x", RULES);
      await client.ask("POST", "/api/meta-profiles/b/activate");
      await get(client, "/api/meta-profiles");
      await client.ask("POST", "/api/meta-profiles/nope/activate");
      await remove(client, "meta-profiles", ["b", "a", "a-b", "nope"]);
      await get(client, "/api/meta-profiles");
    },
  },
];
