import { join } from "node:path";
import { defineTool, localWorkspace, type OpenWorkspace, sqliteStore, WorkspaceError } from "agent-server";
import { call, createTestServer, fixedClock, say, scriptedLlm } from "agent-server/testing";
import { expect, it } from "vitest";
import { z } from "zod";
import { temporaryDirectory } from "./open-local.ts";

/** Opens workspaces on this machine and writes down what happens to them. */
function recorded(log: string[]): OpenWorkspace {
  const open = localWorkspace();
  return async (spec) => {
    const workspace = await open(spec);
    log.push(`open ${spec.conversationId}`);
    return {
      info: workspace.info,
      files: workspace.files,
      run: (argv, options) => workspace.run(argv, options),
      terminal: (options) => workspace.terminal(options),
      close: () => {
        log.push("close");
        return workspace.close();
      },
    };
  };
}

const countWords = defineTool({
  name: "count_words",
  description: "Counts the words of a file.",
  input: z.object({ file: z.string() }),
  async run({ file }, { workspace, signal }) {
    const path = `${workspace.info.workingDir}/${file}`;
    await workspace.files.write(path, "three short words\n");
    const { stdout } = await workspace.run(["wc", "-w", "--", path], { signal });
    return `${Number.parseInt(stdout, 10)} words`;
  },
});

it("a tool reads, writes and runs programs through the workspace", async () => {
  const llm = scriptedLlm([call("count_words", { file: "a file.txt" }), say("Done.")]);
  await using server = await createTestServer({ llm, tools: [countWords] });
  const chat = await server.start("Count.");
  await chat.expectFinished(/Done/);
  expect(chat.events.find(({ kind }) => kind === "ObservationEvent")).toMatchObject({
    observation: { content: [{ text: "3 words" }], is_error: false },
  });
});

it("a path that does not exist is reported to the agent as its mistake", async () => {
  const reader = defineTool({
    name: "reader",
    description: "Reads a file.",
    input: z.object({}),
    run: async (_input, { workspace }) =>
      new TextDecoder().decode(await workspace.files.read(`${workspace.info.workingDir}/missing`)),
  });
  const llm = scriptedLlm([call("reader", {}), say("Done.")]);
  await using server = await createTestServer({ llm, tools: [reader] });
  const chat = await server.start("Read.");
  await chat.expectFinished(/Done/);
  expect(chat.events.find(({ kind }) => kind === "AgentErrorEvent")).toMatchObject({
    error: `Error executing tool 'reader': ${server.workingDir}/missing: no such file or directory`,
    classification: { kind: "agent_action" },
  });
});

it("a workspace is opened when a conversation needs it, once, and closed with it", async () => {
  const log: string[] = [];
  const llm = scriptedLlm([
    call("count_words", { file: "a" }),
    call("count_words", { file: "b" }),
    say("Done."),
  ]);
  const server = await createTestServer({ llm, tools: [countWords], workspace: recorded(log) });
  const chat = await server.start();
  // Creating prepares the working directory.
  expect(log).toEqual([`open ${chat.id}`, "close"]);
  log.length = 0;
  await chat.send("Count.");
  await chat.expectFinished(/Done/);
  // The user's plugins are looked for on the machine of the server.
  const opened = [`open ${chat.id}`, "open null"];
  expect(log).toEqual(opened);
  await server.close();
  expect(log).toEqual([...opened, "close", "close"]);
});

it("a workspace that cannot be opened refuses the conversation", async () => {
  await using server = await createTestServer({
    workspace: () => {
      throw new WorkspaceError("unavailable", "The sandbox is not installed.");
    },
  });
  await expect(server.start()).rejects.toMatchObject({
    status: 503,
    detail: "The workspace cannot be opened: The sandbox is not installed.",
  });
  expect(await server.conversations.count()).toBe(0);
});

it("what a tool stores goes with the conversation, each tool's by itself", async () => {
  const counter = (name: string) =>
    defineTool({
      name,
      description: "Counts its calls.",
      input: z.object({}),
      async run(_input, { storage }) {
        const count = ((await storage.read()) as number | undefined) ?? 0;
        await storage.write(count + 1);
        return `call ${count + 1}`;
      },
    });
  const path = join(await temporaryDirectory(), "conversations.db");
  const clock = fixedClock();
  const tools = [counter("first"), counter("second")];
  const results: unknown[] = [];
  let id = "";
  for (const name of ["first", "first", "second"]) {
    const llm = scriptedLlm([call(name, {}), say("Done.")]);
    const server = await createTestServer({ llm, tools, clock, store: sqliteStore({ path }) });
    const chat = id === "" ? await server.start() : await server.resume(id);
    id = chat.id;
    await chat.send("Count.");
    await chat.expectFinished(/Done/);
    results.push(chat.events.findLast(({ kind }) => kind === "ObservationEvent"));
    await server.close();
  }
  expect(results).toMatchObject(
    ["call 1", "call 2", "call 1"].map((text) => ({ observation: { content: [{ text }] } })),
  );
});
