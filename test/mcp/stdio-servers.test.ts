import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sandboxedWorkspace } from "agent-server";
import { call, calls, createTestServer, say, scriptedLlm, type TestChat } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import type { Observation } from "../../src/wire/events/observations.ts";
import { MISSING } from "../workspace/sandbox/open-sandbox.ts";
import { smallServer } from "./small-server.ts";

const EVERYTHING = join(
  import.meta.dirname,
  "../../node_modules/@modelcontextprotocol/server-everything/dist/index.js",
);

function toolsShown({ events }: TestChat): string[] {
  const [prompt] = events;
  return prompt?.kind === "SystemPromptEvent" ? prompt.tools.map(({ title }) => title) : [];
}

function observations({ events }: TestChat) {
  return events.flatMap((event) =>
    event.kind === "ObservationEvent" ? [event.observation as Observation] : [],
  );
}

describe("a server that is a program", () => {
  it("gives its tools to the agent, which calls them", async () => {
    const llm = scriptedLlm([call("echo", { text: "hello", summary: "Says hello" }), say("done")]);
    await using server = await createTestServer({ llm });
    const chat = await server.start("Say hello", { agent: { mcp_config: { small: smallServer() } } });
    await chat.expectFinished("done");
    const [action] = chat.events.filter(({ kind }) => kind === "ActionEvent");
    expect(action).toMatchObject({
      action: { data: { text: "hello" }, kind: "MCPToolAction" },
      tool_name: "echo",
      summary: "Says hello",
    });
    expect(observations(chat)).toEqual([
      {
        content: [
          { type: "text", text: "[Tool 'echo' executed.]", cache_prompt: false },
          { type: "text", text: "hello", cache_prompt: false },
        ],
        is_error: false,
        tool_name: "echo",
        kind: "MCPToolObservation",
      },
    ]);
  });

  it("is shown in the system prompt as it describes its tools", async () => {
    const llm = scriptedLlm([say("done")]);
    await using server = await createTestServer({ llm });
    const chat = await server.start("Hello", { agent: { mcp_config: { small: smallServer() } } });
    await chat.expectFinished("done");
    const [prompt] = chat.events;
    expect(prompt).toMatchObject({
      kind: "SystemPromptEvent",
      tools: expect.arrayContaining([
        expect.objectContaining({
          kind: "MCPToolDefinition",
          action_type: "MCPToolAction",
          observation_type: "MCPToolObservation",
          description: "Says what it is told.",
          title: "echo",
          mcp_tool: {
            name: "echo",
            description: "Says what it is told.",
            inputSchema: {
              type: "object",
              properties: { text: { type: "string" }, loud: { type: "boolean" } },
              required: ["text"],
            },
            annotations: { readOnlyHint: true },
          },
        }),
      ]),
    });
  });

  it("has the risk and the summary of a call asked of the model, the risk not of tools that only read", async () => {
    const llm = scriptedLlm([say("done")]);
    await using server = await createTestServer({ llm });
    const chat = await server.start("Hello", { agent: { mcp_config: { small: smallServer() } } });
    await chat.expectFinished("done");
    const fields = (name: string) => {
      const schema = llm.requests[0]?.tools?.find((tool) => tool.name === name);
      return Object.keys(schema?.parameters.properties ?? {});
    };
    expect(fields("add")).toEqual(["security_risk", "summary", "a", "b"]);
    expect(fields("echo")).toEqual(["summary", "text", "loud"]);
  });

  it("gets arguments that have its types, without those that are null", async () => {
    const llm = scriptedLlm([
      calls(["add", { a: "1", b: 2 }], ["echo", { text: "a", loud: null }]),
      call("add", { a: 1 }),
      call("add", { a: 1, b: 2, c: 3 }),
      say("done"),
    ]);
    await using server = await createTestServer({ llm });
    const chat = await server.start("Add", { agent: { mcp_config: { small: smallServer() } } });
    await chat.expectObservation("add", "3");
    await chat.expectObservation("echo", "a");
    await chat.expectToolError("add", "b: is required");
    await chat.expectToolError("add", "c");
    await chat.expectFinished("done");
  });

  it("answers with pictures, which are data URLs, and with errors", async () => {
    const llm = scriptedLlm([call("picture", {}), call("fail", {}), say("done")]);
    await using server = await createTestServer({ llm });
    const chat = await server.start("Show", { agent: { mcp_config: { small: smallServer() } } });
    await chat.expectFinished("done");
    const [picture, failure] = observations(chat);
    expect(picture?.content.at(-1)).toMatchObject({
      type: "image",
      image_urls: [expect.stringMatching(/^data:image\/png;base64,iVBOR/)],
    });
    expect(failure).toMatchObject({ is_error: true, content: [{}, { text: "It did not work." }] });
  });

  it("works in the working directory, with the variables of commands and its own", async () => {
    const { args, command } = smallServer();
    const llm = scriptedLlm([
      calls(["env", { name: "PWD" }], ["env", { name: "OWN" }], ["env", { name: "AI_AGENT" }]),
      calls(["env", { name: "OPENAI_API_KEY" }]),
      say("done"),
    ]);
    const environment = { OPENAI_API_KEY: "sk-of-the-server" };
    await using server = await createTestServer({ llm, environment });
    const chat = await server.start("Tell", {
      agent: { mcp_config: { small: { command, args, env: { OWN: "mine" } } } },
    });
    await chat.expectFinished("done");
    const told = observations(chat).map(({ content }) => content.at(-1));
    expect(told).toMatchObject([
      { text: server.workingDir },
      { text: "mine" },
      { text: "openhands" },
      { text: "not set" },
    ]);
  });

  it("gets the secrets that arguments name, and shows none of them", async () => {
    const text = "$" + "{TOKEN_A} $TOKEN_A $" + "{TOKEN_B:-spare} $" + "{HOME}";
    const llm = scriptedLlm([
      call("echo", { text }),
      call("write", { file: "told", line: text }),
      say("done"),
    ]);
    await using server = await createTestServer({ llm });
    const chat = await server.start("Tell", {
      secrets: { TOKEN_A: { kind: "StaticSecret", value: "value-of-a" } },
      agent: { mcp_config: { small: smallServer() } },
    });
    await chat.expectObservation("echo", "<secret-hidden> <secret-hidden> spare $" + "{HOME}");
    await chat.expectFinished("done");
    const told = await readFile(join(server.workingDir, "told"), "utf8");
    expect(told).toBe("value-of-a value-of-a spare $" + "{HOME}\n");
    expect(JSON.stringify(chat.events)).not.toContain("value-of-a");
  });

  it.skipIf(MISSING)("runs in the sandbox of its conversation", async () => {
    const script = [call("write", { file: "inside", line: "x" }), call("env", { name: "HOME" }), say("done")];
    const root = await mkdtemp(join(tmpdir(), "agent-server-mcp-"));
    const workspace = sandboxedWorkspace({
      root,
      network: "none",
      readOnly: [join(import.meta.dirname, "../..")],
    });
    {
      await using server = await createTestServer({
        llm: scriptedLlm(script),
        workspace,
        workingDir: join(root, "project"),
      });
      const chat = await server.start("Tell", { agent: { mcp_config: { small: smallServer() } } });
      await chat.expectFinished("done");
      expect(observations(chat).at(-1)?.content.at(-1)).not.toMatchObject({ text: process.env.HOME });
      expect(await readFile(join(root, "project/inside"), "utf8")).toBe("x\n");
    }
    await rm(root, { recursive: true, force: true });
  });

  it("is left out when it is not enabled", async () => {
    const llm = scriptedLlm([say("done")]);
    await using server = await createTestServer({ llm });
    const chat = await server.start("Hello", {
      agent: { mcp_config: { small: { ...smallServer(), enabled: false } } },
    });
    await chat.expectFinished("done");
    expect(toolsShown(chat)).toEqual(["finish", "think"]);
  });

  it("may be given as other programs write it, below mcpServers and with a type", async () => {
    const llm = scriptedLlm([call("echo", { text: "hello" }), say("done")]);
    await using server = await createTestServer({ llm });
    const chat = await server.start("Hello", {
      agent: { mcp_config: { mcpServers: { small: smallServer() } } as never },
    });
    await chat.expectObservation("echo", "hello");
    await chat.expectFinished("done");
  });

  it("lists its tools over many pages", async () => {
    const llm = scriptedLlm([say("done")]);
    await using server = await createTestServer({ llm });
    const chat = await server.start("Hello", { agent: { mcp_config: { small: smallServer({ pages: 4 }) } } });
    await chat.expectFinished("done");
    expect(toolsShown(chat)).toContain("reshape");
  });

  it("loses the tools whose name the filter of the agent does not match", async () => {
    const llm = scriptedLlm([say("done")]);
    await using server = await createTestServer({ llm });
    const chat = await server.start("Hello", {
      agent: { mcp_config: { small: smallServer() }, filter_tools_regex: "e(cho|nv)" },
    });
    await chat.expectFinished("done");
    expect(toolsShown(chat)).toEqual(["finish", "think", "echo", "env"]);
  });
});

describe("several servers", () => {
  it("have their names before those of their tools", async () => {
    const llm = scriptedLlm([call("two_echo", { text: "hello" }), say("done")]);
    await using server = await createTestServer({ llm });
    const tools = [{ name: "look", inputSchema: { type: "object" } }];
    const chat = await server.start("Hello", {
      agent: { mcp_config: { one: smallServer({ tools }), two: smallServer() } },
    });
    await chat.expectObservation("two_echo", "hello");
    await chat.expectFinished("done");
    expect(toolsShown(chat).slice(2, 4)).toEqual(["one_look", "two_echo"]);
  });

  it("do not share their fate: one that does not start is told, and the others work", async () => {
    const llm = scriptedLlm([call("good_echo", { text: "hello" }), say("done")]);
    await using server = await createTestServer({ llm });
    const chat = await server.start("Hello", {
      agent: {
        mcp_config: {
          gone: { command: "no-such-program-anywhere" },
          dead: smallServer({ mode: "die-at-once" }),
          good: smallServer(),
        },
      },
    });
    await chat.expectObservation("good_echo", "hello");
    await chat.expectFinished("done");
    const message = chat.events.find(
      ({ kind, source }) => kind === "MessageEvent" && source === "environment",
    );
    expect(message).toMatchObject({
      llm_message: {
        role: "user",
        content: [
          { text: expect.stringMatching(/'gone'.*no-such-program-anywhere.*\n.*'dead'.*no license found/s) },
        ],
      },
    });
  });
});

describe("the official example", () => {
  it("of everything works over standard input and output", { timeout: 60_000 }, async () => {
    const llm = scriptedLlm([
      call("echo", { message: "hello" }),
      call("get-sum", { a: 1, b: 2 }),
      call("get-tiny-image", {}),
      say("done"),
    ]);
    await using server = await createTestServer({ llm, patience: 45_000 });
    const chat = await server.start("Hello", {
      agent: { mcp_config: { everything: { command: process.execPath, args: [EVERYTHING, "stdio"] } } },
    });
    await chat.expectObservation("echo", "Echo: hello");
    await chat.expectObservation("get-sum", "3");
    await chat.expectObservation("get-tiny-image");
    await chat.expectFinished("done");
  });
});
