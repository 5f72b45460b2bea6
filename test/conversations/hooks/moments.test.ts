import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { sqliteStore } from "agent-server";
import { call, createTestServer, say } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { hooks, openHooked, readJson, recordsIn, story, temporaryFolder } from "./hooked.ts";

const CALL = call("echo", { text: "a" });

describe("hooks run", () => {
  it("at every moment of a conversation, each recorded before what it is about", async () => {
    const { server, chat } = await openHooked(
      [CALL, say("Done.")],
      hooks({
        session_start: "true",
        user_prompt_submit: "true",
        pre_tool_use: "true",
        post_tool_use: "true",
        stop: "true",
      }),
    );
    await using _ = server;
    await chat.send("Go.");
    await chat.expectFinished("Done.");
    expect(story(chat.events)).toEqual([
      "hook SessionStart",
      "hook UserPromptSubmit",
      "user: Go.",
      "hook PreToolUse",
      "call echo",
      "hook PostToolUse",
      "result echo: a",
      "agent: Done.",
      "hook Stop",
    ]);
  });

  it("one after the other, in the order of their list, and each has its record", async () => {
    const { server, chat } = await openHooked(
      [say("Done.")],
      hooks({ user_prompt_submit: ["echo 1 >> order", "sleep 0.1; echo 2 >> order", "echo 3 >> order"] }),
    );
    await using _ = server;
    await chat.send("Go.");
    await chat.expectFinished();
    expect(await readFile(join(server.workingDir, "order"), "utf8")).toBe("1\n2\n3\n");
    expect(recordsIn(chat.events).map(({ hook_command }) => hook_command)).toEqual([
      "echo 1 >> order",
      "sleep 0.1; echo 2 >> order",
      "echo 3 >> order",
    ]);
  });

  it("when a conversation is deleted", async () => {
    const { server, chat } = await openHooked([say("Done.")], hooks({ session_end: "cat > end.json" }));
    await using _ = server;
    await chat.send("Go.");
    await chat.expectFinished();
    await server.conversations.delete(chat.id);
    expect(await readFile(join(server.workingDir, "end.json"), "utf8")).toContain(
      '"event_type":"SessionEnd"',
    );
  });

  it("when the server closes, and their records are the last events", async () => {
    await using folder = await temporaryFolder();
    const store = () => sqliteStore({ path: join(folder.path, "store.db") });
    const { server, chat } = await openHooked([say("Done.")], hooks({ session_end: "echo bye" }), {
      store: store(),
    });
    await chat.send("Go.");
    await chat.expectFinished();
    await server.close();
    await using reader = await createTestServer({ store: store() });
    const resumed = await reader.resume(chat.id);
    await resumed.idle();
    expect(recordsIn(resumed.events)).toMatchObject([{ hook_event_type: "SessionEnd", stdout: "bye\n" }]);
    expect(resumed.events.at(-1)?.kind).toBe("HookExecutionEvent");
  });

  it("at a run of a finished conversation: those of the end of a turn, and the model is not asked", async () => {
    const { server, chat, llm } = await openHooked([say("Done.")], hooks({ stop: "true" }));
    await using _ = server;
    await chat.send("Go.");
    await chat.expectFinished();
    await (await server.conversations.open(chat.id)).run();
    await expect.poll(() => recordsIn(chat.events)).toHaveLength(2);
    expect((await server.conversations.get(chat.id)).execution_status).toBe("finished");
    expect(llm.requests).toHaveLength(1);
  });
});

describe("a command", () => {
  it("reads the event as JSON, with the keys, the order and the nulls of the reference", async () => {
    const { server, chat } = await openHooked(
      [CALL, say("Done.")],
      hooks({
        session_start: "cat > start.json",
        user_prompt_submit: "cat > message.json",
        pre_tool_use: "cat > pre.json",
        post_tool_use: "cat > post.json",
        stop: "cat > stop.json",
      }),
    );
    await using _ = server;
    await chat.send("Go.");
    await chat.expectFinished();
    const event = (own: object) => ({
      event_type: "",
      tool_name: null,
      tool_input: null,
      tool_response: null,
      message: null,
      session_id: chat.id,
      working_dir: server.workingDir,
      metadata: {},
      ...own,
    });
    expect(await readJson(server, "start.json")).toEqual(event({ event_type: "SessionStart" }));
    expect(await readJson(server, "message.json")).toEqual(
      event({ event_type: "UserPromptSubmit", message: "Go." }),
    );
    const about = { tool_name: "echo", tool_input: expect.objectContaining({ data: { text: "a" } }) };
    expect(await readJson(server, "pre.json")).toEqual(event({ event_type: "PreToolUse", ...about }));
    expect(await readJson(server, "post.json")).toEqual(
      event({
        event_type: "PostToolUse",
        ...about,
        tool_response: expect.objectContaining({ is_error: false }),
      }),
    );
    expect(await readJson(server, "stop.json")).toEqual(
      event({ event_type: "Stop", metadata: { reason: "agent_finished" } }),
    );
    expect(Object.keys((await readJson(server, "pre.json")) as object)).toEqual(Object.keys(event({})));
  });

  it("runs in the folder of the agent, with its variables and without those of the server", async () => {
    const { server, chat } = await openHooked(
      [CALL, say("Done.")],
      hooks({ pre_tool_use: "pwd; env | grep -E '^(OPENHANDS|AI_AGENT|OH_)' | sort" }),
      { environment: {} },
    );
    await using _ = server;
    process.env.OH_SECRET_KEY = "not for hooks";
    try {
      await chat.send("Go.");
      await chat.expectFinished();
    } finally {
      delete process.env.OH_SECRET_KEY;
    }
    expect(recordsIn(chat.events)[0]?.stdout?.split("\n")).toEqual([
      server.workingDir,
      "AI_AGENT=openhands",
      "OPENHANDS_EVENT_TYPE=PreToolUse",
      `OPENHANDS_PROJECT_DIR=${server.workingDir}`,
      `OPENHANDS_SESSION_ID=${chat.id}`,
      "OPENHANDS_TOOL_NAME=echo",
      "",
    ]);
  });
});

describe("the text that hooks add", () => {
  const adds = (words: string) => `echo '{"additionalContext": "${words}"}'`;

  it("at the start is one message of the environment, right behind the system prompt", async () => {
    const { server, chat, llm } = await openHooked(
      [say("Done.")],
      hooks({ session_start: [adds("One."), "true", adds("Two.")] }),
    );
    await using _ = server;
    await chat.send("Go.");
    await chat.expectFinished();
    expect(
      chat.events.map(({ kind }) => kind).filter((kind) => kind !== "ConversationStateUpdateEvent"),
    ).toEqual([
      ...["HookExecutionEvent", "HookExecutionEvent", "HookExecutionEvent"],
      ...["SystemPromptEvent", "MessageEvent", "MessageEvent", "MessageEvent"],
    ]);
    expect(llm.requests[0]?.messages[1]?.content).toMatchObject([{ text: "One.\nTwo." }, { text: "Go." }]);
  });

  it("to a message follows the words of the user, as one text", async () => {
    const { server, chat, llm } = await openHooked(
      [say("Done.")],
      hooks({ user_prompt_submit: [adds("One."), adds("Two.")] }),
    );
    await using _ = server;
    await chat.send("Go.");
    await chat.expectFinished();
    expect(llm.requests[0]?.messages[1]?.content).toMatchObject([{ text: "Go." }, { text: "One.\nTwo." }]);
  });

  it("is in no prompt otherwise, and neither is any record of a hook", async () => {
    const loud = 'echo "HOOK OUTPUT"; echo "HOOK ERROR" >&2';
    const { server, chat, llm } = await openHooked(
      [CALL, say("Done.")],
      hooks({
        session_start: loud,
        user_prompt_submit: loud,
        pre_tool_use: loud,
        post_tool_use: loud,
        stop: loud,
      }),
    );
    await using _ = server;
    await chat.send("Go.");
    await chat.expectFinished();
    expect(recordsIn(chat.events).every(({ stdout }) => stdout === "HOOK OUTPUT\n")).toBe(true);
    expect(JSON.stringify(llm.requests)).not.toMatch(/HOOK|Hook/);
  });
});

describe("records of hooks", () => {
  it("about a message, a call or a result stand beside the branch; those of start and stop are on it", async () => {
    const { server, chat } = await openHooked(
      [CALL, say("Done.")],
      hooks({
        session_start: "true",
        user_prompt_submit: "true",
        pre_tool_use: ["true", "true"],
        post_tool_use: "true",
        stop: "true",
      }),
    );
    await using _ = server;
    await chat.send("Go.");
    await chat.expectFinished();
    const names = new Map(chat.events.map((event, index) => [event.id, `${event.kind} ${index}`]));
    const kinds = chat.events
      .filter(({ kind }) => kind !== "ConversationStateUpdateEvent")
      .map(({ id, kind, parent_id: parent }) => [
        kind,
        names.get(parent ?? "")?.split(" ")[0] ?? parent ?? null,
        id,
      ]);
    const parents = kinds.map(([kind, parent]) => `${kind} < ${parent}`);
    expect(parents).toEqual([
      "HookExecutionEvent < __root__",
      "SystemPromptEvent < HookExecutionEvent",
      "HookExecutionEvent < SystemPromptEvent",
      "MessageEvent < SystemPromptEvent",
      "HookExecutionEvent < MessageEvent",
      "HookExecutionEvent < HookExecutionEvent",
      "ActionEvent < MessageEvent",
      "HookExecutionEvent < ActionEvent",
      "ObservationEvent < ActionEvent",
      "MessageEvent < ObservationEvent",
      "HookExecutionEvent < MessageEvent",
    ]);
  });

  it("say what the hook was asked, what it wrote and how it ended", async () => {
    const { server, chat } = await openHooked(
      [CALL, say("Done.")],
      hooks({
        pre_tool_use: "echo out; echo err >&2; exit 3",
        user_prompt_submit: { command: "true", name: "n" },
      }),
    );
    await using _ = server;
    await chat.send("Go.");
    await chat.expectFinished();
    const [message, before] = recordsIn(chat.events);
    const user = chat.events.find(({ source }) => source === "user");
    const action = chat.events.find(({ kind }) => kind === "ActionEvent");
    expect(message).toMatchObject({
      source: "hook",
      hook_event_type: "UserPromptSubmit",
      hook_command: "true",
      success: true,
      message_id: user?.id,
      hook_input: { message: "Go." },
    });
    expect(before).toMatchObject({
      source: "hook",
      hook_event_type: "PreToolUse",
      tool_name: "echo",
      success: false,
      blocked: false,
      exit_code: 3,
      stdout: "out\n",
      stderr: "err\n",
      action_id: action?.id,
      hook_input: { tool_name: "echo" },
    });
  });
});

describe("the configuration", () => {
  it("shows in the conversation once its hooks are in force, with every default", async () => {
    const { server, chat } = await openHooked(
      [say("Done.")],
      hooks({ stop: { command: "true", async_: true } }),
    );
    await using _ = server;
    expect((await server.conversations.get(chat.id)).hook_config).toBeNull();
    await chat.send("Go.");
    await chat.expectFinished();
    const stop = {
      type: "command",
      name: null,
      command: "true",
      prompt: null,
      system_prompt: null,
      tools: [],
      timeout: 60,
      max_iterations: 3,
    };
    const { hook_config } = await server.conversations.get(chat.id);
    expect(hook_config).toMatchObject({ stop: [{ matcher: "*", hooks: [{ ...stop, async: true }] }] });
    expect(hook_config).toMatchObject({ pre_tool_use: [] });
    const update = chat.events.find((event) => event.kind === "ConversationStateUpdateEvent");
    expect(update).toMatchObject({
      key: "hook_config",
      value: { stop: [{ hooks: [{ type: "command", command: "true", async_: true }] }] },
    });
  });
});
