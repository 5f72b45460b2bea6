import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { call, createTestServer, isSideCall, type Step, say, scriptedLlm } from "agent-server/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { openRoad } from "./road.ts";
import { pipedChat, type SpawnedChat, terminalChat } from "./spawn-chat.ts";

/** Milliseconds of a test: a command starts from its sources, on a busy machine. */
const LIMIT = 180_000;

/** Steps of the model, which may name the folder that the agent works in. */
type Script = Steps | ((folder: string) => Steps);
type Steps = Step<unknown>[];

/** The files of a working folder, without what git keeps there. */
async function filesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name !== ".git");
}

/** The text that a chat has printed after a text. */
function afterLast(text: string, chat: SpawnedChat): string {
  const printed = stripVTControlCharacters(chat.output());
  return printed.slice(printed.lastIndexOf(text) + text.length);
}

/** A server with a scripted model, and the arguments with which a chat reaches it. */
async function open(script: Script, options: { apiKeys?: string[] } = {}) {
  const cwd = await mkdtemp(join(tmpdir(), "agent-server-chat-"));
  onTestFinished(() => rm(cwd, { recursive: true, force: true }));
  const steps = typeof script === "function" ? script(cwd) : script;
  const server = await createTestServer({
    llm: scriptedLlm(steps, { rules: [{ when: isSideCall, step: say("A title") }] }),
    tools: ["terminal", "file_editor"],
    workingDir: cwd,
    leakCheck: false,
    ...options,
  });
  onTestFinished(() => server.close());
  const { url } = await server.listen();
  return { server, url, cwd, args: ["--host", url, "--model", "scripted/model"] };
}

describe("a chat over pipes", () => {
  it(
    "answers line after line without anything that a terminal would obey, and ends with the input",
    async () => {
      const words = "Hello \x1b]0;mine\x07to \x1b[31myou.\x1b[2J";
      const { args, cwd } = await open([say(words), say("And again.")]);
      const chat = pipedChat({ cwd, args });
      chat.enter("Hello.");
      chat.enter("Once more.");
      chat.end();
      expect(await chat.ended).toBe(0);
      expect(chat.output()).toMatch(/^Hello to you\.\nAnd again\.$/m);
      expect(chat.output()).not.toContain("\x1b");
      expect(chat.output()).not.toContain("mine");
    },
    LIMIT,
  );

  it(
    "shows each call in one line with its outcome, and changes of files as diffs",
    async () => {
      const { args, cwd } = await open((folder) => [
        call("terminal", { command: "echo one && false" }),
        call("file_editor", {
          command: "create",
          path: join(folder, "notes.md"),
          file_text: "first\nlast\n",
        }),
        call("file_editor", {
          command: "str_replace",
          path: join(folder, "notes.md"),
          old_str: "last",
          new_str: "next",
        }),
        say("Done."),
      ]);
      const chat = pipedChat({ cwd, args });
      chat.enter("Try it.");
      chat.enter("/diff");
      chat.end();
      expect(await chat.ended).toBe(0);
      const [made = "", whole = ""] = chat.output().split("Done.\n");
      expect(made).toMatch(/^● terminal echo one && false {2}✗ exit 1, 1 line$/m);
      expect(made).toMatch(/^● file_editor str_replace .*notes\.md {2}✓/m);
      expect(made).toMatch(/^ {2}-last\n {2}\+next$/m);
      expect(whole).toMatch(/^ {2}\+first\n {2}\+next$/m);
    },
    LIMIT,
  );

  it(
    "never approves by a message: all but yes rejects what the agent asks for, with the message as the reason",
    async () => {
      const { args, cwd, server } = await open([
        call("terminal", { command: "touch one" }),
        call("terminal", { command: "touch two" }),
        call("terminal", { command: "touch three" }),
      ]);
      const chat = pipedChat({ cwd, args: [...args, "--confirm"] });
      chat.enter("Make a file.");
      chat.enter("Name it two.");
      chat.enter("y");
      chat.end();
      expect(await chat.ended).toBe(1);
      expect(chat.output()).toContain("terminal touch one");
      expect(chat.output()).toMatch(/✗ rejected: Name it two\./);
      expect(await filesIn(server.workingDir)).toEqual(["two"]);
    },
    LIMIT,
  );

  it(
    "needs the session key of a server that has one, and says where to put it",
    async () => {
      const { args, cwd, url } = await open([say("Hello.")], { apiKeys: ["a-key"] });
      const without = pipedChat({ cwd, args });
      expect(await without.ended).toBe(1);
      expect(without.output()).toContain("the server requires a session key: set OH_SESSION_API_KEYS_0");
      const chat = pipedChat({ cwd, args, environment: { OH_SESSION_API_KEYS_0: "a-key" } });
      chat.enter("Hello.");
      chat.end();
      expect(await chat.ended).toBe(0);
      expect(chat.output()).toContain(`at ${url}`);
      expect(chat.output()).not.toContain("a-key");
    },
    LIMIT,
  );

  it(
    "goes on with a stored conversation, and where a lost connection broke off, without showing anything twice",
    async () => {
      const { cwd, server, url } = await open([
        say("First."),
        call("terminal", { command: "until [ -e go ]; do sleep 0.1; done" }),
        say("Second."),
      ]);
      const before = await server.start("Begin.");
      await before.expectFinished(/First/);
      const road = await openRoad(url);
      const chat = pipedChat({ cwd, args: ["--host", road.url, before.id] });
      await chat.sees("> Begin.\nFirst.");
      chat.enter("Go on.");
      await chat.sees("● terminal until");
      road.cut();
      await chat.sees("The connection is lost");
      await writeFile(join(server.workingDir, "go"), "");
      await chat.sees("Connected again.");
      await chat.sees("Second.");
      chat.end();
      expect(await chat.ended).toBe(0);
      expect(chat.output().match(/Second\./g)).toHaveLength(1);
    },
    LIMIT,
  );

  it(
    "follows a server that has no session sockets over its event socket",
    async () => {
      const { cwd, url } = await open([say("Hello to you.")]);
      const road = await openRoad(url, { isOld: true });
      const chat = pipedChat({ cwd, args: ["--host", road.url, "--model", "scripted/model"] });
      chat.enter("Hello.");
      chat.end();
      expect(await chat.ended).toBe(0);
      expect(chat.output().match(/Hello to you\./g)).toHaveLength(1);
      expect(road.sessionSockets()).toBe(1);
    },
    LIMIT,
  );
});

describe("a chat at a terminal", () => {
  it(
    "is stopped by Ctrl-C, and left by a second one",
    async () => {
      const { args, cwd, server } = await open([call("terminal", { command: "sleep 300" })]);
      const chat = await terminalChat({ cwd, args });
      await chat.sees("> ");
      chat.enter("Wait.");
      await chat.sees("● terminal sleep 300");
      chat.type("\x03");
      await chat.sees("(paused)");
      await chat.sees("> ");
      chat.type("\x03");
      await chat.sees("Go on with: agent-server chat ");
      expect(await chat.ended).toBe(130);
      expect(afterLast("Go on with", chat)).not.toContain("> ");
      const { items } = await server.conversations.search({});
      expect(items.map((info) => info.execution_status)).toEqual(["paused"]);
    },
    LIMIT,
  );

  it(
    "asks for the key without showing it, asks before actions, and knows its commands",
    async () => {
      const steps = [call("terminal", { command: "touch here" }), say("It is there.")];
      const { args, cwd, server } = await open(steps, { apiKeys: ["a-hidden-key"] });
      const chat = await terminalChat({ cwd, args: [...args, "--confirm"] });
      await chat.sees("Session key of the server:");
      chat.enter("a-hidden-key");
      await chat.sees("> ");
      chat.enter("Make a file.");
      await chat.sees("The agent asks whether it may run this");
      await chat.sees("y/n > ");
      expect(await filesIn(server.workingDir)).toEqual([]);
      chat.enter("/confrm");
      await chat.sees("did you mean /confirm?");
      chat.enter("/confirm");
      await chat.sees("It is there.");
      await chat.sees("> ");
      expect(await filesIn(server.workingDir)).toEqual(["here"]);
      chat.enter("/list");
      await chat.sees(/[0-9a-f-]{36} +finished/);
      chat.enter("/quit");
      await chat.sees("Go on with: agent-server chat ");
      expect(await chat.ended).toBe(0);
      expect(afterLast("Go on with", chat)).not.toContain("> ");
      expect(chat.output()).not.toContain("a-hidden-key");
      expect(chat.output()).toContain("\x1b[");
    },
    LIMIT,
  );
});
