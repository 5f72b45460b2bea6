import { after, type Step, say, scriptedLlm } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import type { LlmRequest } from "../../src/llm/llm.ts";
import { openServer } from "./settings/open-server.ts";

const UNKNOWN = "/api/conversations/00000000-0000-4000-8000-000000000001";

async function open(...steps: Step<LlmRequest>[]) {
  const llm = scriptedLlm(steps);
  const ask = openServer({ createLlm: () => llm });
  const { body } = await ask("POST", "/api/conversations", {
    agent: { llm: { model: "openai/scripted", api_key: "k" }, tools: [] },
    autotitle: false,
    workspace: { working_dir: "/tmp" },
  });
  return { ask, path: `/api/conversations/${body.id}` };
}

describe("asides over HTTP", () => {
  it("answer a question, and refuse one that is none", async () => {
    const { ask, path } = await open(say("None yet."));
    expect(await ask("POST", `${path}/ask_agent`, { question: "Which file?" })).toMatchObject({
      status: 200,
      body: { response: "None yet." },
    });
    expect((await ask("POST", `${path}/ask_agent`, {})).status).toBe(422);
    expect(await ask("POST", `${UNKNOWN}/ask_agent`, { question: "Which file?" })).toMatchObject({
      status: 404,
      body: { detail: "Conversation not found" },
    });
  });

  it("begin, stop and resume a goal with success, and say why not", async () => {
    // Longer than all that is asked meanwhile.
    const { ask, path } = await open(after(60_000, say("Done.")));
    const goal = (verb: string, body: object = {}) => ask("POST", `${path}/goal${verb}`, body);
    expect(await goal("/resume")).toMatchObject({ status: 400, body: { detail: "no_resumable_goal" } });
    expect(await goal("", { objective: " " })).toMatchObject({
      status: 400,
      body: { detail: "Goal objective must not be empty." },
    });
    expect((await goal("", { objective: "Go.", max_iterations: 0 })).status).toBe(422);
    expect(await goal("/stop")).toMatchObject({ status: 200, body: { success: true } });
    expect(await goal("", { objective: "Go." })).toMatchObject({ status: 200, body: { success: true } });
    expect(await goal("", { objective: "Go." })).toMatchObject({
      status: 409,
      body: { detail: "Conversation run or goal loop already running." },
    });
    expect(await goal("/resume")).toMatchObject({ status: 409 });
    expect(await goal("/stop")).toMatchObject({ status: 200, body: { success: true } });
    for (const verb of ["", "/stop", "/resume"]) {
      expect(await ask("POST", `${UNKNOWN}/goal${verb}`, { objective: "Go." })).toMatchObject({
        status: 404,
        body: { detail: "Not Found" },
      });
    }
  });
});
