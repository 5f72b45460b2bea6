import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type AgentPreset, presetAgent } from "agent-server";
import { call, createTestServer, say, scriptedLlm } from "agent-server/testing";
import { describe, expect, it } from "vitest";

describe("an agent of a preset", () => {
  const TOOLS: Readonly<Record<AgentPreset, readonly string[]>> = {
    default: ["terminal", "file_editor", "task_tracker", "finish", "think"],
    gpt5: ["terminal", "apply_patch", "task_tracker", "finish", "think"],
    gemini: [
      "terminal",
      "read_file",
      "write_file",
      "edit",
      "list_directory",
      "task_tracker",
      "finish",
      "think",
    ],
    planning: ["glob", "grep", "planning_file_editor", "finish", "think"],
  };

  it("has its tools, and a condenser that its model runs", async () => {
    for (const [preset, tools] of Object.entries(TOOLS)) {
      const llm = scriptedLlm([say("Hello.")]);
      await using server = await createTestServer({ llm });
      const agent = presetAgent(preset as AgentPreset, { llm: { model: "test/model" }, cliMode: true });
      const chat = await server.start("Hello.", { agent });
      await chat.expectFinished("Hello.");
      expect(llm.requests[0]?.tools?.map(({ name }) => name)).toEqual(tools);
      const { agent: started } = await server.conversations.get(chat.id);
      expect(started).toMatchObject({
        condenser: {
          kind: "LLMSummarizingCondenser",
          llm: { model: "test/model" },
          ...(preset === "planning" ? { max_size: 100, keep_first: 6 } : { max_size: 80, keep_first: 4 }),
        },
      });
    }
  });

  it("changes files by the tools that its model knows", async () => {
    const patch = "*** Begin Patch\n*** Update File: a.txt\n@@\n-one\n+two\n*** End Patch";
    const gpt5 = scriptedLlm([call("apply_patch", { patch }), say("Done.")]);
    const edit = { file_path: "a.txt", old_string: "two", new_string: "three" };
    const gemini = scriptedLlm([call("read_file", { file_path: "a.txt" }), call("edit", edit), say("Done.")]);

    for (const [preset, llm, before, after] of [
      ["gpt5", gpt5, "one\n", "two\n"],
      ["gemini", gemini, "two\n", "three\n"],
    ] as const) {
      await using server = await createTestServer({ llm });
      const chat = await server.start(undefined, {
        agent: presetAgent(preset, { llm: { model: "test/model" } }),
      });
      const file = join(server.workingDir, "a.txt");
      await writeFile(file, before);
      await chat.send("Go.");
      await chat.expectFinished("Done.");
      expect(await readFile(file, "utf8")).toBe(after);
    }
  });

  it("that plans is told its sections, and writes its plan where it was placed", async () => {
    const llm = scriptedLlm([say("Ready.")]);
    await using server = await createTestServer({ llm });
    const planPath = join(server.workingDir, "plans/PLAN.md");
    const chat = await server.start("Plan.", {
      agent: presetAgent("planning", { llm: { model: "test/model" }, planPath }),
    });
    await chat.expectFinished();
    const prompt = JSON.stringify(llm.requests[0]?.messages);
    expect(prompt).toContain("<PLAN_STRUCTURE>");
    expect(prompt).toContain("4. IMPLEMENTATION STEPS");
    expect(JSON.stringify(llm.requests[0]?.tools)).toContain(planPath);
  });

  it("may have a browser and sub-agents, as far as the server has them", () => {
    const names = (options: { cliMode?: boolean; hasSubAgents?: boolean }) =>
      presetAgent("default", { llm: { model: "test/model" }, ...options }).tools?.map(({ name }) => name);
    expect(names({})).toEqual(["terminal", "file_editor", "task_tracker", "browser_tool_set"]);
    expect(names({ cliMode: true, hasSubAgents: true })).toEqual([
      "terminal",
      "file_editor",
      "task_tracker",
      "task_tool_set",
    ]);
  });
});
