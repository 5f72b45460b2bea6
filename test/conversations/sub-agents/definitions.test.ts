import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { call, say, type TestConversation, type TestServer } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import type { LlmRequest } from "../../../src/llm/llm.ts";
import { readableText } from "../../../src/wire/events/message.ts";
import { smallServer } from "../../mcp/small-server.ts";
import { delegatingServer, MARK, subAgentsOf, taskOf, twoModels } from "./delegating.ts";

const ofChild = (request: LlmRequest) => taskOf(request).startsWith(MARK);

/** Lets an agent give one task to a sub-agent of this name. */
async function give(
  name: string | undefined,
  {
    files = {},
    tools = ["task_tool_set"],
    ...conversation
  }: TestConversation & { files?: Record<string, string>; tools?: string[] } = {},
) {
  const llm = twoModels(
    (turn) =>
      turn === 0
        ? call("task", { prompt: MARK, ...(name !== undefined && { subagent_type: name }) })
        : say("Done."),
    () => say("Report."),
  );
  const server = await delegatingServer({ llm, tools });
  await write(server, files);
  const chat = await server.start("Go.", conversation);
  await chat.expectFinished();
  const result = chat.events.find(({ kind }) => kind === "ObservationEvent");
  const { task_00000001: id } = await subAgentsOf(server, chat.id);
  const child = llm.requests.find(ofChild);
  const [first] = llm.requests;
  return {
    server,
    llm,
    id,
    observation: result?.kind === "ObservationEvent" ? result.observation : undefined,
    text: result?.kind === "ObservationEvent" ? readableText(result.observation.content as never) : "",
    prompt: child && readableText(child.messages[0]?.content ?? []),
    tools: child?.tools.map((tool) => tool.name),
    description: first?.tools.find((tool) => tool.name === "task")?.description ?? "",
  };
}

async function write(server: TestServer, files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const whole = join(server.workingDir, path);
    await mkdir(dirname(whole), { recursive: true });
    await writeFile(whole, text);
  }
}

const file = (name: string, more = "", body = "You came from a file.") =>
  `---\nname: ${name}\ndescription: Of the file.\n${more}---\n${body}\n`;

describe("the sub-agents of a conversation", () => {
  it("are those of its start request, with the tools and words of their definition", async () => {
    const agent_definitions = [
      {
        name: "reviewer",
        description: "Reviews code.",
        tools: ["terminal"],
        system_prompt: "You review with care.",
      },
    ];
    const { server, prompt, tools, description, observation } = await give("reviewer", { agent_definitions });
    await using _ = server;
    expect(observation).toMatchObject({ subagent: "reviewer", status: "completed" });
    expect(prompt).toContain("You review with care.");
    expect(tools).toEqual(["terminal", "finish", "think"]);
    expect(description).toContain("- **reviewer**: Reviews code. (tools: terminal)");
  });

  it("are those of files of its project", async () => {
    const files = { ".agents/agents/helper.md": file("helper", "tools:\n  - terminal\n") };
    const { server, prompt, description } = await give("helper", { files });
    await using _ = server;
    expect(prompt).toContain("You came from a file.");
    expect(description).toContain("- **helper**: Of the file. (tools: terminal)");
  });

  it("are built in, apart from one that needs a browser", async () => {
    const { server, description, tools } = await give(undefined);
    await using _ = server;
    expect(tools).toEqual(["terminal", "file_editor", "task_tracker", "finish", "think"]);
    for (const name of ["general-purpose", "code-explorer", "bash-runner"]) {
      expect(description).toContain(`- **${name}**: `);
    }
  });

  it("of the request win over those of the project, and these over those that are built in", async () => {
    const files = {
      ".agents/agents/a.md": file("helper"),
      ".agents/agents/b.md": file("bash-runner"),
    };
    const agent_definitions = [{ name: "helper", description: "Of the request." }];
    const { server, description } = await give("helper", { files, agent_definitions });
    await using _ = server;
    expect(description).toContain("- **helper**: Of the request.");
    expect(description).toContain("- **bash-runner**: Of the file.");
  });

  it("take a bounded part of every prompt, however many there are and whatever they say", async () => {
    const agent_definitions = Array.from({ length: 100 }, (_, place) => ({
      name: `many-${place}`,
      description: "long ".repeat(1_000),
    }));
    const { server, description } = await give("many-99", { agent_definitions });
    await using _ = server;
    expect(description.length).toBeLessThan(50_000);
    expect(description).toMatch(/- and \d+ more, which are not listed/);
  });

  it("are left out where their model is a profile of a folder, which only they name", async () => {
    const agent_definitions = [{ name: "cheap", model: "mini", profile_store_dir: "/etc/profiles" }];
    const { server, description, observation } = await give("cheap", { agent_definitions });
    await using _ = server;
    expect(description).not.toContain("cheap");
    expect(observation).toMatchObject({ status: "error" });
  });

  it.each(["default", "explore", "bash", ""])("are found by a former name: %j", async (name) => {
    const { server, observation } = await give(name);
    await using _ = server;
    expect(observation).toMatchObject({ subagent: name, status: "completed" });
  });

  it("have skills of the project; one that names a skill which there is not is left out", async () => {
    const files = {
      ".agents/agents/a.md": file("knows", "skills: tides\n"),
      ".agents/agents/b.md": file("knows-not", "skills: moon\n"),
      ".agents/skills/tides/SKILL.md":
        "---\nname: tides\ndescription: When the sea is high.\n---\nLook at the moon.",
    };
    const { server, prompt, description } = await give("knows", { files });
    await using _ = server;
    expect(prompt).toContain("When the sea is high.");
    expect(description).not.toContain("knows-not");
  });

  it("that are not known cost the call alone, and the agent reads which there are", async () => {
    const { server, text, observation } = await give("nobody");
    await using _ = server;
    expect(observation).toMatchObject({ task_id: "unknown", status: "error", is_error: true });
    expect(text).toContain("Available: bash-runner, code-explorer, general-purpose");
  });

  it("with a tool that there is not cannot be started", async () => {
    const agent_definitions = [{ name: "flyer", tools: ["wings"] }];
    const { server, text, id } = await give("flyer", { agent_definitions });
    await using _ = server;
    expect(text).toContain("Tool 'wings' is not registered");
    expect(id).toBeUndefined();
  });

  it("keep to the number of steps of their definition", async () => {
    const agent_definitions = [{ name: "short", max_iteration_per_run: 1 }];
    const llm = twoModels(
      (turn) => (turn === 0 ? call("task", { prompt: MARK, subagent_type: "short" }) : say("Done.")),
      () => call("think", { thought: "On and on." }),
    );
    await using server = await delegatingServer({ llm });
    const chat = await server.start("Go.", { agent_definitions });
    await chat.expectToolError("task", "Agent reached maximum iterations limit (1).");
    await chat.expectFinished();
  });

  it("have the number of steps of their agent where their definition has none", async () => {
    const { server, id = "" } = await give(undefined, { max_iterations: 7 });
    await using _ = server;
    expect((await server.conversations.get(id)).max_iterations).toBe(7);
  });

  it("run hooks of their definition", async () => {
    const hooks = { pre_tool_use: [{ hooks: [{ command: "echo No thoughts. >&2; exit 2" }] }] };
    const agent_definitions = [{ name: "guarded", hooks }];
    const llm = twoModels(
      (turn) => (turn === 0 ? call("task", { prompt: MARK, subagent_type: "guarded" }) : say("Done.")),
      (turn, request) =>
        turn === 0 ? call("think", { thought: "?" }) : say(JSON.stringify(request.messages.at(-1))),
    );
    await using server = await delegatingServer({ llm });
    const chat = await server.start("Go.", { agent_definitions });
    await chat.expectObservation("task", "No thoughts.");
  });

  it("have the MCP servers of their agent, and not those of their definition", async () => {
    const agent_definitions = [{ name: "connected", mcp_config: { other: { command: "none-such" } } }];
    const { server, tools } = await give("connected", {
      agent_definitions,
      agent: { mcp_config: { small: smallServer() } },
    });
    await using _ = server;
    expect(tools).toContain("echo");
  });

  it("answer in one piece, under the cache of their agent and their own session", async () => {
    const { server, llm, id } = await give(undefined, {
      agent: { llm: { model: "scripted", stream: true } },
    });
    await using _ = server;
    const child = llm.requests.find(ofChild);
    const [own] = llm.requests;
    expect(own?.onDelta).toBeDefined();
    expect(child?.onDelta).toBeUndefined();
    expect(child).toMatchObject({ conversationId: id, cacheId: own?.conversationId });
  });

  it("have the secrets of their agent, whose values they cannot show", async () => {
    const llm = twoModels(
      (turn) => (turn === 0 ? call("task", { prompt: MARK }) : say("Done.")),
      (turn, request) =>
        turn === 0
          ? call("terminal", { command: "echo found $TOKEN" })
          : say(readableText(request.messages.at(-1)?.content ?? []).slice(0, 100)),
    );
    await using server = await delegatingServer({ llm });
    const secrets = { TOKEN: { kind: "StaticSecret" as const, value: "hunter2hunter2" } };
    const chat = await server.start("Go.", { secrets });
    const { observation } = await chat.expectObservation("task", "found <secret-hidden>");
    expect(JSON.stringify(observation)).not.toContain("hunter2");
  });
});

describe("sub-agents that are held to the tools of their agent", () => {
  const scoped = (names: string[]) => [
    ...names.map((name) => ({ name })),
    { name: "task_tool_set", params: { sub_agent_scope: { tools: true } } },
  ];
  const agent_definitions = [
    { name: "inner", description: "Delegates.", tools: ["task_tool_set"] },
    { name: "listing", description: "Lists.", tools: ["task_tracker"] },
  ];

  it("are offered only where they need no other", async () => {
    const { server, description, observation } = await give("code-explorer", {
      agent: { tools: scoped(["terminal"]) },
      agent_definitions,
    });
    await using _ = server;
    expect(observation).toMatchObject({ status: "completed" });
    for (const name of ["code-explorer", "inner", "listing"]) expect(description).toContain(`- **${name}**`);
    expect(description).not.toContain("general-purpose");
  });

  it("are refused otherwise, with the names of the tools", async () => {
    const { server, text, id } = await give("general-purpose", { agent: { tools: scoped(["terminal"]) } });
    await using _ = server;
    expect(text).toContain("uses file_editor, which this agent does not have");
    expect(id).toBeUndefined();
  });

  it("hold those that they start to them, too", async () => {
    const { server, id = "" } = await give("inner", { agent: { tools: scoped([]) }, agent_definitions });
    await using _ = server;
    const { agent } = await server.conversations.get(id);
    expect(agent.tools).toEqual([{ name: "task_tool_set", params: { sub_agent_scope: { tools: true } } }]);
  });

  it("are none where all need others, and the description says so", async () => {
    const { server, description } = await give("general-purpose", { agent: { tools: scoped([]) } });
    await using _ = server;
    expect(description).toContain("None: every sub-agent that is known has tools which you lack.");
  });

  it.each([{ tools: "yes" }, { tool: true }, 3])(
    "by a parameter that must be valid: %j",
    async (sub_agent_scope) => {
      await using server = await delegatingServer({
        llm: twoModels(
          () => say(""),
          () => say(""),
        ),
      });
      const tools = [{ name: "task_tool_set", params: { sub_agent_scope } }];
      await expect(server.start(undefined, { agent: { tools } })).rejects.toMatchObject({ status: 422 });
    },
  );

  it("accept the parameter that the reference has retired", async () => {
    const tools = [{ name: "task_tool_set", params: { sub_agent_scope: { mcp_servers: true } } }];
    const { server, observation } = await give(undefined, { agent: { tools } });
    await using _ = server;
    expect(observation).toMatchObject({ status: "completed" });
  });
});
