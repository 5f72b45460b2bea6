import { createServer, defineTool, memoryStore } from "agent-server";
import { expect, it, onTestFinished } from "vitest";
import { z } from "zod";

const weather = defineTool({
  name: "weather",
  description: "Tells the weather at v1.2 of a place. Takes its name.",
  input: z.object({ place: z.string() }),
  run: ({ place }) => `Sunny in ${place}`,
});

async function get(path: string): Promise<unknown> {
  const server = createServer({
    apiKeys: ["key"],
    store: memoryStore(),
    tools: [weather],
    browser: false,
    logger: "silent",
  });
  onTestFinished(() => server.close());
  const request = new Request(`http://localhost${path}`, { headers: { "X-Session-API-Key": "key" } });
  return (await server.fetch(request)).json();
}

it("names the tools in the order of their registration, those of the host last", async () => {
  expect(await get("/api/tools/")).toEqual([
    "ClassifyAndSwitchLLMTool",
    "ask_oracle",
    "file_editor",
    "task_tool_set",
    "task",
    "task_tracker",
    "terminal",
    "workflow_tool_set",
    "workflow",
    "start_child_conversation",
    "browser_tool_set",
    "edit",
    "list_directory",
    "read_file",
    "write_file",
    "glob",
    "grep",
    "planning_file_editor",
    "apply_patch",
    "weather",
  ]);
});

it("shows them to people with a sentence each, and which of them an agent has by default", async () => {
  const common = { user_selectable: true, usable: true };
  const chosen = { ...common, in_default_set: false, description: expect.stringMatching(/\.$/) };
  const notForPeople = { user_selectable: false, usable: true, in_default_set: false, description: "" };
  expect(await get("/api/tools/catalog")).toEqual({
    tools: [
      { name: "route_task_to_model", ...notForPeople },
      { name: "ask_oracle", ...notForPeople },
      { name: "file_editor", ...common, in_default_set: true, description: expect.stringMatching(/\.$/) },
      { name: "task_tool_set", ...common, in_default_set: false, description: expect.stringMatching(/\.$/) },
      { name: "task", ...notForPeople },
      { name: "task_tracker", ...common, in_default_set: true, description: expect.stringMatching(/\.$/) },
      { name: "terminal", ...common, in_default_set: true, description: expect.stringMatching(/\.$/) },
      ...["workflow_tool_set", "workflow", "start_child_conversation"].map((name) => ({
        name,
        ...notForPeople,
      })),
      { name: "browser_tool_set", ...chosen, usable: false, in_default_set: true },
      ...["edit", "list_directory", "read_file", "write_file"].map((name) => ({ name, ...notForPeople })),
      { name: "glob", ...chosen },
      { name: "grep", ...chosen },
      { name: "planning_file_editor", ...notForPeople },
      { name: "apply_patch", ...chosen },
      {
        name: "weather",
        ...common,
        in_default_set: false,
        description: "Tells the weather at v1.2 of a place.",
      },
      { name: "switch_llm", ...common, in_default_set: true, description: expect.stringMatching(/\.$/) },
    ],
  });
});
