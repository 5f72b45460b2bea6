import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { localWorkspace, type OpenWorkspace, sqliteStore } from "agent-server";
import { call, createTestServer, fixedClock, say, scriptedLlm } from "agent-server/testing";
import { describe, expect, it, vi } from "vitest";
import { echo } from "../../agent/loop/harness.ts";
import { hooks, isAlive, openHooked, recordsIn, story, temporaryFolder, writtenPid } from "./hooked.ts";

const CALL = call("echo", { text: "a" });
const HANGS = "echo $$ > pid; exec sleep 300";

describe("an interrupt", () => {
  it("ends a hook that is running: the call is answered and never runs", async () => {
    const { server, chat } = await openHooked([CALL, say("Done.")], hooks({ pre_tool_use: HANGS }));
    await using _ = server;
    await chat.send("Go.");
    const pid = await writtenPid(server, "pid");
    await (await server.conversations.open(chat.id)).interrupt();
    await chat.expectStatus("paused");
    await expect.poll(() => isAlive(pid)).toBe(false);
    expect(story(chat.events)).toEqual([
      "user: Go.",
      "call echo",
      "error echo: Tool call interrupted before completion. The conversation was paused.",
      "InterruptEvent",
    ]);
  });

  it("keeps the records of the hooks that have ended before", async () => {
    const { server, chat } = await openHooked([CALL], hooks({ pre_tool_use: "true", stop: HANGS }));
    await using _ = server;
    await chat.send("Go.");
    await chat.expectToolCall("echo");
    await (await server.conversations.open(chat.id)).interrupt();
    await chat.idle();
    expect(recordsIn(chat.events)).toMatchObject([{ hook_event_type: "PreToolUse", success: true }]);
  });

  it("keeps the records of the hooks that have ended before at the same call", async () => {
    const { server, chat } = await openHooked(
      [CALL, say("Done.")],
      hooks({ pre_tool_use: ["true", HANGS], stop: "exit 1" }),
    );
    await using _ = server;
    await chat.send("Go.");
    await writtenPid(server, "pid");
    await (await server.conversations.open(chat.id)).interrupt();
    await chat.expectStatus("paused");
    await chat.send("And now?");
    await chat.expectFinished("Done.");
    expect(recordsIn(chat.events)).toMatchObject([
      { hook_event_type: "PreToolUse", hook_command: "true", success: true },
      { hook_event_type: "Stop" },
    ]);
  });
});

describe("the end of the server", () => {
  it("ends a hook that is running", async () => {
    const { server, chat } = await openHooked([CALL, say("Done.")], hooks({ pre_tool_use: HANGS }));
    await chat.send("Go.");
    const pid = await writtenPid(server, "pid");
    await server.close();
    expect(await isAlive(pid)).toBe(false);
  });

  it("waits ten seconds for the hooks of the end, at most, and then ends them", async () => {
    await using folder = await temporaryFolder();
    const store = () => sqliteStore({ path: join(folder.path, "store.db") });
    const { server, chat } = await openHooked([say("Done.")], hooks({ session_end: HANGS }), {
      store: store(),
    });
    await chat.send("Go.");
    await chat.expectFinished();
    const closing = server.close();
    const pid = await writtenPid(server, "pid");
    await closing;
    expect(await isAlive(pid)).toBe(false);
    await using reader = await createTestServer({ store: store() });
    const resumed = await reader.resume(chat.id);
    await resumed.idle();
    expect(recordsIn(resumed.events)).toMatchObject([
      { hook_event_type: "SessionEnd", success: false, exit_code: -1 },
    ]);
  });

  it("keeps the records of the start that no message has brought to the log", async () => {
    await using folder = await temporaryFolder();
    const store = () => sqliteStore({ path: join(folder.path, "store.db") });
    const { server, chat } = await openHooked(
      [say("Done.")],
      hooks({ session_start: "true", user_prompt_submit: HANGS, session_end: "true" }),
      { store: store() },
    );
    const sending = chat.send("Go.").catch(() => {});
    await writtenPid(server, "pid");
    await server.close();
    await sending;
    await using reader = await createTestServer({ store: store() });
    const { items } = await reader.conversations.events.search(chat.id);
    expect(recordsIn(items)).toMatchObject([
      { hook_event_type: "SessionStart", success: true },
      { hook_event_type: "SessionEnd", success: true },
    ]);
    expect(items.map(({ kind }) => kind)).not.toContain("MessageEvent");
  });

  it("ends the hooks that run in the background", async () => {
    const background = { command: HANGS, async: true };
    const { server, chat } = await openHooked([say("Done.")], hooks({ user_prompt_submit: background }));
    await chat.send("Go.");
    await chat.expectFinished();
    const pid = await writtenPid(server, "pid");
    expect(await isAlive(pid)).toBe(true);
    await server.close();
    expect(await isAlive(pid)).toBe(false);
  });
});

describe("hooks in the background", () => {
  it("hold up nothing and refuse nothing; their output is dropped", async () => {
    const background = { command: "sleep 0.5; echo seen > seen; exit 2", async: true };
    const { server, chat } = await openHooked([CALL, say("Done.")], hooks({ pre_tool_use: background }));
    await using _ = server;
    await chat.send("Go.");
    await chat.expectObservation("echo", "a");
    expect(recordsIn(chat.events)[0]).toMatchObject({
      success: true,
      blocked: false,
      exit_code: 0,
      stdout: "",
    });
    await vi.waitFor(() => readFile(join(server.workingDir, "seen")), 30_000);
  });

  it("end with their timeout", async () => {
    const background = { command: HANGS, async: true, timeout: 1 };
    const { server, chat } = await openHooked([say("Done.")], hooks({ user_prompt_submit: background }));
    await using _ = server;
    await chat.send("Go.");
    const pid = await writtenPid(server, "pid");
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  it("are sixteen at most; the next one is not started, and its record says so", async () => {
    const background = Array.from({ length: 17 }, () => ({ command: "sleep 300", async: true }));
    const { server, chat } = await openHooked([say("Done.")], hooks({ user_prompt_submit: background }));
    await using _ = server;
    await chat.send("Go.");
    await chat.expectFinished();
    const records = recordsIn(chat.events);
    expect(records.filter(({ success }) => success)).toHaveLength(16);
    expect(records.at(-1)?.error).toBe("The hook was not started: 16 hooks run in the background already");
  });
});

it("messages that come at one moment keep their order, however long their hooks take", async () => {
  const { server, chat } = await openHooked(
    [say("Done."), say("Done."), say("Done.")],
    hooks({ user_prompt_submit: "grep -q slow && sleep 1; exit 0" }),
  );
  await using _ = server;
  const conversation = await server.conversations.open(chat.id);
  const words = ["slow", "quick", "quicker"];
  await Promise.all(words.map((text) => conversation.sendMessage(text, { run: false })));
  await expect.poll(() => recordsIn(chat.events)).toHaveLength(3);
  expect(story(chat.events).filter((line) => line.startsWith("user"))).toEqual([
    "user: slow",
    "user: quick",
    "user: quicker",
  ]);
});

it("hooks are in force again after a restart, and ask once about each call", async () => {
  await using folder = await temporaryFolder();
  const llm = scriptedLlm([[CALL, call("echo", { text: "bad" })], say("Done.")]);
  const shared = { llm, tools: [echo], workingDir: folder.path, clock: fixedClock(), patience: 20_000 };
  const open = () =>
    createTestServer({ ...shared, store: sqliteStore({ path: join(folder.path, "store.db") }) });
  const first = await open();
  const asks = "echo asked >> asked; grep -q bad && exit 2; exit 0";
  const chat = await first.start("Go.", {
    hook_config: hooks({ pre_tool_use: asks, stop: "exit 1" }) as never,
    confirmation_policy: { kind: "AlwaysConfirm" },
  });
  await chat.expectWaiting();
  await first.close();

  await using second = await open();
  const resumed = await second.resume(chat.id);
  await resumed.confirm();
  await resumed.expectFinished("Done.");
  expect(await readFile(join(folder.path, "asked"), "utf8")).toBe("asked\nasked\n");
  expect(story(resumed.events).slice(-5)).toEqual([
    "call echo",
    "result echo: a",
    "rejected echo: Blocked by hook",
    "agent: Done.",
    "hook Stop",
  ]);
});

it("hooks run on the machine of the conversation", async () => {
  const programs: string[][] = [];
  const local = localWorkspace();
  const workspace: OpenWorkspace = async (spec) => {
    const machine = await local(spec);
    const run: typeof machine.run = (argv, options) => {
      programs.push([...argv]);
      return machine.run(argv, options);
    };
    return new Proxy(machine, {
      get: (target, key) => {
        const value = key === "run" ? run : Reflect.get(target, key);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  };
  const { server, chat } = await openHooked([say("Done.")], hooks({ stop: "true" }), { workspace });
  await using _ = server;
  await chat.send("Go.");
  await chat.expectFinished();
  expect(programs).toContainEqual(["/bin/sh", "-c", "true"]);
});

it("a conversation without hooks runs no program", async () => {
  const { server, chat } = await openHooked([CALL, say("Done.")], {});
  await using _ = server;
  await chat.send("Go.");
  await chat.expectFinished();
  expect(recordsIn(chat.events)).toEqual([]);
});
