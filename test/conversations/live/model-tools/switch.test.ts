import { memoryStore } from "agent-server";
import { call, calls, say, scriptedLlm, usage } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { modelAndCosts, observations, sayer, start, talk, withModels } from "./with-models.ts";

const SWITCHER = { include_default_tools: ["FinishTool", "ThinkTool", "SwitchLLMTool"] };

const toQuick = call("switch_llm", { profile_name: "quick", reason: "The rest is easy." });

describe("an agent that switches its model", () => {
  it("gets the saved model from its next call on, under an account of its own", async () => {
    const first = scriptedLlm([[toQuick, usage({ prompt_tokens: 5 }, { cost: 2 })]]);
    const quick = scriptedLlm([[say("Done."), usage({ prompt_tokens: 5 }, { cost: 1 })]]);
    const server = await withModels({ first, quick });
    const id = await start(server, SWITCHER);
    const events = await talk(server.ask, id);
    expect(observations(events)).toEqual([
      {
        kind: "SwitchLLMObservation",
        is_error: false,
        profile_name: "quick",
        reason: "The rest is easy.",
        active_model: "openai/quick",
        content: [expect.objectContaining({ text: expect.stringContaining("openai/quick") })],
      },
    ]);
    expect(await modelAndCosts(server.ask, id)).toEqual({
      model: "openai/quick",
      costs: { default: 2, "profile:quick": 1 },
    });
    expect(server.created.at(-1)).toMatchObject({ usage_id: "profile:quick", api_key: "sk-quick" });
  });

  it("tells watchers of the new model, and shows no key of it", async () => {
    const first = scriptedLlm([toQuick]);
    const server = await withModels({ first, quick: sayer("Done.") });
    const events = await talk(server.ask, await start(server, SWITCHER));
    const update = events.find(({ key }) => key === "agent");
    expect(update.value.llm).toMatchObject({ model: "openai/quick", api_key: "**********" });
    expect(JSON.stringify(events)).not.toContain("sk-quick");
  });

  it("keeps the model through a restart", async () => {
    const store = memoryStore();
    const quick = sayer("quick");
    const before = await withModels({ first: scriptedLlm([toQuick]), quick }, { store });
    const id = await start(before, SWITCHER);
    await talk(before.ask, id);
    const again = await withModels({ first: sayer("first"), quick }, { store });
    const events = await talk(again.ask, id);
    expect(events.filter(({ source }) => source === "agent").at(-1).llm_message.content[0].text).toBe(
      "quick",
    );
  });

  it("reads the names of the saved models in the description, in order", async () => {
    const first = sayer("Done.");
    const server = await withModels({ first, zeta: sayer(""), alpha: sayer("") });
    await talk(server.ask, await start(server, SWITCHER));
    const [request] = first.requests;
    const tool = request?.tools.find(({ name }) => name === "switch_llm");
    expect(tool?.description.match(/^- .*$/gm)).toEqual(["- alpha", "- zeta"]);
  });

  it("reads that there are none where none is saved", async () => {
    const first = sayer("Done.");
    const server = await withModels({ first });
    await talk(server.ask, await start(server, SWITCHER));
    expect(first.requests[0]?.tools.find(({ name }) => name === "switch_llm")?.description).toMatch(
      /none is saved/,
    );
  });

  it("keeps its model and is told why where there is no such profile, or the name is none", async () => {
    const wrong = ["lost", "../etc", "x".repeat(500)];
    const first = scriptedLlm([
      calls(
        ...wrong.map((profile_name): [string, Record<string, string>] => [
          "switch_llm",
          { profile_name, reason: "r" },
        ]),
      ),
      say("Done."),
    ]);
    const server = await withModels({ first });
    const id = await start(server, SWITCHER);
    const seen = observations(await talk(server.ask, id));
    expect(seen.map(({ is_error }) => is_error)).toEqual([true, true, true]);
    expect(seen[0].content[0].text).toBe("There is no LLM profile 'lost'. The model stays as it is.");
    expect(seen[1].content[0].text).toContain('Invalid profile name: "../etc"');
    expect(seen[2].content[0].text.length).toBeLessThan(400);
    expect((await modelAndCosts(server.ask, id)).model).toBe("openai/first");
  });

  it("takes the last of two switches in one reply", async () => {
    const first = scriptedLlm([
      calls(
        ["switch_llm", { profile_name: "quick", reason: "a" }],
        ["switch_llm", { profile_name: "strong", reason: "b" }],
      ),
    ]);
    const server = await withModels({ first, quick: sayer("quick"), strong: sayer("strong") });
    const id = await start(server, { ...SWITCHER, tool_concurrency_limit: 8 });
    await talk(server.ask, id);
    expect((await modelAndCosts(server.ask, id)).model).toBe("openai/strong");
  });

  it("gives the condenser that had the former model the new one", async () => {
    const llm = { model: "openai/first", api_key: "sk-first" };
    const server = await withModels({ first: scriptedLlm([toQuick]), quick: sayer("Done.") });
    const condenser = { kind: "LLMSummarizingCondenser", llm: { ...llm, usage_id: "condenser" } };
    const id = await start(server, { ...SWITCHER, llm, condenser });
    await talk(server.ask, id);
    const { body } = await server.ask("GET", `/api/conversations/${id}`);
    expect(body.agent.condenser.llm).toMatchObject({ model: "openai/quick", usage_id: "condenser" });
  });

  it("reads a key that was changed since the profile was used last", async () => {
    const first = scriptedLlm([toQuick]);
    const quick = scriptedLlm([say("One."), say("Two.")]);
    const server = await withModels({ first, quick });
    const id = await start(server, SWITCHER);
    const llm = { model: "openai/quick", api_key: "sk-rotated", base_url: "http://127.0.0.1:9/v1" };
    await server.ask("POST", "/api/profiles/quick", { llm, include_secrets: true });
    await talk(server.ask, id);
    expect(server.created.at(-1)?.api_key).toBe("sk-rotated");
  });

  it("may name the tool among its tools, by class or by name, and takes no parameters", async () => {
    const server = await withModels({ first: sayer("Done.") });
    for (const name of ["switch_llm", "SwitchLLMTool"]) {
      const events = await talk(server.ask, await start(server, { tools: [{ name }] }));
      expect(JSON.stringify(events[0])).toContain('"SwitchLLMTool"');
    }
    const { status, body } = await server.ask("POST", "/api/conversations", {
      agent: { llm: { model: "openai/first" }, tools: [{ name: "switch_llm", params: { x: 1 } }] },
      workspace: { working_dir: server.folder },
    });
    expect([status, body.detail]).toEqual([422, expect.stringContaining("Tool 'switch_llm': params")]);
  });
});
