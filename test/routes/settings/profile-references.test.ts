import { expect, it } from "vitest";
import { openServer } from "./open-server.ts";

const LLM = { model: "openai/gpt-4o", api_key: "sk-1", base_url: "http://127.0.0.1:9/v1" };

it("agent profiles follow the name of their model, which stays while they name it", async () => {
  const ask = openServer();
  await ask("POST", "/api/profiles/old", { llm: LLM });
  const agent = { agent_kind: "openhands", llm_profile_ref: "old" };
  expect((await ask("POST", "/api/agent-profiles/coder", agent)).status).toBe(201);
  expect(await ask("DELETE", "/api/profiles/old")).toEqual({
    status: 409,
    body: { detail: "LLM profile is referenced by 1 agent profile(s): coder" },
  });
  expect((await ask("POST", "/api/profiles/old/rename", { new_name: "new" })).status).toBe(200);
  const { profile } = (await ask("GET", "/api/agent-profiles/coder")).body;
  expect(profile.llm_profile_ref).toBe("new");
  await ask("DELETE", "/api/agent-profiles/coder");
  expect((await ask("DELETE", "/api/profiles/new")).status).toBe(200);
});
