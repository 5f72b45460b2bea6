import { call, calls, createTestServer, say, scriptedLlm, type TestChat } from "agent-server/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { silentLogger } from "../../src/logger.ts";
import { Connection } from "../../src/mcp/connection.ts";
import { McpServers } from "../../src/mcp/mcp-servers.ts";
import { NO_NETWORK } from "../../src/mcp/transports/remote-access.ts";
import { StdioTransport } from "../../src/mcp/transports/stdio-transport.ts";
import { SecretMask } from "../../src/secrets/masking/secret-mask.ts";
import { openLocal } from "../workspace/open-local.ts";
import { programs } from "./programs.ts";
import { type SmallServer, smallServer } from "./small-server.ts";

const told = ({ events }: TestChat) =>
  events.flatMap((event) =>
    event.kind === "MessageEvent" && event.source === "environment"
      ? [JSON.stringify(event.llm_message)]
      : [],
  );

const shown = ({ events: [prompt] }: TestChat) =>
  prompt?.kind === "SystemPromptEvent" ? prompt.tools.map(({ title }) => title).slice(2) : [];

const tool = (name: string, more: object = {}) => ({
  name,
  description: name,
  inputSchema: { type: "object" },
  ...more,
});

async function startWith(
  small: SmallServer,
  script: Parameters<typeof scriptedLlm>[0] = [say("done")],
  more: { stuck_detection?: boolean } = {},
) {
  const llm = scriptedLlm(script);
  const server = await createTestServer({ llm, patience: 45_000 });
  const agent = { mcp_config: { small: smallServer(small) } };
  const chat = await server.start("Hello", { agent, ...more });
  return { chat, llm, server, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

describe("a server that ends", () => {
  it("during a call is told to the model, and started again by the next", async () => {
    const script = [call("die", {}), call("echo", { text: "back" }), say("done")];
    await using started = await startWith({}, script);
    await started.chat.expectToolError("die", /ended during the call: .*exit code 3.*I have had enough/s);
    await started.chat.expectObservation("echo", "back");
    await started.chat.expectFinished("done");
  });

  it("again and again is started five times, and then no more", async () => {
    const deaths = Array.from({ length: 7 }, () => call("die", {}));
    await using started = await startWith({}, [...deaths, say("done")], { stuck_detection: false });
    await started.chat.expectFinished("done");
    const errors = started.chat.events.flatMap((event) =>
      event.kind === "ObservationEvent" ? [JSON.stringify(event.observation)] : [],
    );
    expect(errors.filter((error) => error.includes("during the call"))).toHaveLength(6);
    expect(errors.at(-1)).toContain("ended 5 times within 10 minutes");
  });
});

describe("a server that does not answer", () => {
  it("a call has its time, which the configuration may shorten", async () => {
    const llm = scriptedLlm([call("hang", {}), call("echo", { text: "still there" }), say("done")]);
    await using server = await createTestServer({ llm, patience: 30_000 });
    const chat = await server.start("Hello", {
      agent: { mcp_config: { small: { ...smallServer(), timeout: 1 } } },
    });
    await chat.expectToolError("hang", "has not answered within 1 seconds");
    await chat.expectObservation("echo", "still there");
    await chat.expectFinished("done");
  });

  it("a call is given up when the user interrupts the agent", async () => {
    await using started = await startWith({}, [call("hang", {}), say("not reached")]);
    await started.chat.expectToolCall("hang");
    await (await started.server.conversations.open(started.chat.id)).interrupt();
    expect(await started.chat.idle()).toBe("paused");
  });

  it("at its start is given up after thirty seconds", { timeout: 60_000 }, async () => {
    await using started = await startWith({ mode: "mute" });
    await started.chat.expectFinished("done");
    expect(told(started.chat).join()).toContain("not answered in time");
  });
});

describe("a server that says something else than MCP", () => {
  it("is forgiven some lines", async () => {
    await using started = await startWith({ mode: "nonsense" }, [call("echo", { text: "hi" }), say("done")]);
    await started.chat.expectObservation("echo", "hi");
    await started.chat.expectFinished("done");
  });

  it.each([
    ["junk", "1000 lines that are no messages"],
    ["long-line", "more than 10485760 bytes"],
  ] as const)("is ended after too much of it: %s", { timeout: 60_000 }, async (mode, words) => {
    await using started = await startWith({ mode }, [call("hang", {}), say("done")]);
    await started.chat.expectFinished("done");
    expect(JSON.stringify(started.chat.events.slice(1))).toContain(words);
  });

  it("that floods its output slows down itself, and no request", { timeout: 60_000 }, async () => {
    await using started = await startWith({ mode: "flood" }, [call("echo", { text: "hi" }), say("done")]);
    const before = performance.now();
    let asked = 0;
    while (performance.now() - before < 1_000) {
      await started.server.fetch(new Request("http://localhost/health"));
      asked += 1;
    }
    expect(asked).toBeGreaterThan(10);
    await started.chat.expectObservation("echo", "hi");
    await started.chat.expectFinished("done");
  });
});

describe("a list of tools", () => {
  it("of ten thousand is cut, which is told", async () => {
    await using started = await startWith({ tools: [tool("t", { copies: 10_000 })] });
    await started.chat.expectFinished("done");
    expect(shown(started.chat)).toHaveLength(512);
    expect(told(started.chat).join()).toContain("the tools after the first 512");
  });

  it("loses what cannot be a tool: without a name, without a schema, twice, too large, not of an object", async () => {
    const tools = [
      tool("good"),
      tool("good", { description: "another" }),
      tool(""),
      { name: "bare" },
      tool("huge", { inflate: 200_000 }),
      tool("listed", { inputSchema: { type: "array" } }),
      tool("a".repeat(500)),
    ];
    await using started = await startWith({ tools });
    await started.chat.expectFinished("done");
    expect(shown(started.chat)).toEqual(["good"]);
    const words = told(started.chat).join();
    for (const part of ["second tool", "without a name", "'bare'", "'huge'", "'listed'", "500 characters"]) {
      expect(words).toContain(part);
    }
  });

  it("of nothing but faults is not read to its end", async () => {
    await using started = await startWith({ tools: Array(600).fill({}) });
    await started.chat.expectFinished("done");
    expect(told(started.chat).join()).toContain("503 more");
  });

  it("has its time for all pages together", async () => {
    const workspace = await openLocal();
    const { command, args } = smallServer({ pages: 60, pause: 300 });
    const connection = new Connection({
      openTransport: async () => new StdioTransport(workspace, { command, args, env: {} }),
      onTools() {},
      onLog() {},
    });
    onTestFinished(() => connection.close());
    await expect(connection.start({ timeout: 3_000 })).rejects.toThrow(/timed out/i);
  });

  it("loses a schema that multiplies when it is written out", async () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [
        `d${index}`,
        {
          type: "object",
          properties: { a: { $ref: `#/$defs/d${index + 1}` }, b: { $ref: `#/$defs/d${index + 1}` } },
        },
      ]),
    );
    const bomb = { type: "object", properties: { x: { $ref: "#/$defs/d0" } }, $defs };
    await using started = await startWith({ tools: [tool("bomb", { inputSchema: bomb }), tool("good")] });
    await started.chat.expectFinished("done");
    expect(shown(started.chat)).toEqual(["good"]);
    expect(told(started.chat).join()).toContain("'bomb': has more than 5000 parts");
  });

  it("cannot take the place of the agent's own tools", async () => {
    await using started = await startWith({ tools: [tool("finish"), tool("good")] });
    await started.chat.expectFinished("done");
    expect(shown(started.chat)).toEqual(["good"]);
    expect(told(started.chat).join()).toContain("another tool has the name 'finish'");
  });

  it("has names that providers take", async () => {
    const tools = [tool("read.file/now"), tool(`${"long".repeat(20)}`)];
    await using started = await startWith({ tools }, [call("read_file_now", {}), say("done")]);
    await started.chat.expectObservation("read_file_now", "{}");
    await started.chat.expectFinished("done");
    expect(shown(started.chat)[1]).toHaveLength(64);
  });

  it("may change at any time: tools come, go and change for the next call of the model", async () => {
    const script = [call("reshape", {}), call("echo", { text: "wait" }), call("sum", { a: 1 }), say("done")];
    await using started = await startWith({}, script);
    await started.chat.expectObservation("reshape");
    await started.chat.expectFinished("done");
    const names = started.llm.requests.at(-1)?.tools?.map(({ name }) => name);
    expect(names).toEqual(["finish", "think", "echo", "sum"]);
    const echo = started.llm.requests.at(-1)?.tools?.find(({ name }) => name === "echo");
    expect(echo?.description).toBe("Says it in another way.");
  });

  it("that changes all the time is read once in a while", async () => {
    const script = [calls(["echo", { text: "a" }]), calls(["echo", { text: "b" }]), say("done")];
    await using started = await startWith({ mode: "storm" }, script);
    await started.chat.expectFinished("done");
  });
});

it("a server that asks for the model, the user or folders is refused, and goes on", async () => {
  await using started = await startWith({ mode: "ask" }, [call("echo", { text: "hi" }), say("done")]);
  await started.chat.expectObservation("echo", "hi");
  await started.chat.expectFinished("done");
});

it("a program is not started for a conversation that is closed while its secrets are looked up", async () => {
  const workspace = await openLocal();
  const commands: string[] = [];
  const asked = Promise.withResolvers<void>();
  const secrets = Promise.withResolvers<Record<string, string>>();
  const servers = new McpServers({
    workspace: {
      ...{ info: workspace.info, files: workspace.files },
      run(argv, options) {
        commands.push(argv.join(" "));
        return workspace.run(argv, options);
      },
      terminal: (options) => workspace.terminal(options),
      close: () => workspace.close(),
    },
    secrets: {
      mask: async () => SecretMask.empty,
      referencedIn() {
        asked.resolve();
        return secrets.promise;
      },
    },
    tools: { names: [], add() {}, remove: async () => true },
    keeps: () => true,
    logger: silentLogger,
    remote: NO_NETWORK,
  });
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the configuration
  const server = { ...smallServer(), env: { KEY: "${KEY}" }, enabled: true };
  const adding = servers.add({ small: { server } });
  await asked.promise;
  await servers.close();
  secrets.resolve({ KEY: "value" });
  expect(await adding).toEqual([]);
  expect(commands.filter((line) => line.includes("small-server"))).toEqual([]);
});

it("a program that does not end by itself ends with its conversation", async () => {
  const started = await startWith({ mode: "clingy" });
  await started.chat.expectFinished("done");
  expect(programs("clingy").length).toBeGreaterThan(0);
  await started.server.close();
  await expect.poll(() => programs("clingy")).toEqual([]);
});
