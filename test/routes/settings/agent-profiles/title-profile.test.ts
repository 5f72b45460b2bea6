import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { say, scriptedLlm } from "agent-server/testing";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { openServer } from "../open-server.ts";

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-server-titles-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

it.each([
  ["that is saved", "quick", "openai/quick"],
  ["that is not there", "none", "openai/agent"],
])("a title is asked of the model %s", async (_, title_llm_profile, expected) => {
  const ask = openServer({
    secretKey: "secret",
    conversationsPath: join(folder, "conversations"),
    createLlm: ({ model, usage_id: usage }) => ({
      ...scriptedLlm([say(usage === "title" ? `Named by ${model}` : "Done.")]),
      sideCalls: true,
    }),
  });
  await ask("POST", "/api/profiles/quick", { llm: { model: "openai/quick", api_key: "k" } });
  const { status, body } = await ask("POST", "/api/conversations", {
    agent: { llm: { model: "openai/agent", api_key: "k" }, tools: [] },
    title_llm_profile,
    workspace: { working_dir: join(folder, "work") },
    initial_message: { role: "user", content: [{ type: "text", text: "Hi" }] },
  });
  expect(status).toBe(201);
  await vi.waitFor(
    async () => {
      const { title } = (await ask("GET", `/api/conversations/${body.id}`)).body;
      expect(title).toBe(`Named by ${expected}`);
    },
    { timeout: 30_000 },
  );
});
