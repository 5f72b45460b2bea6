import { call, say } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { inWords } from "../../agent/loop/harness.ts";
import { hooks, openHooked, recordsIn, story } from "./hooked.ts";

const CALL = call("echo", { text: "a" });

/** Plays one call under a guard and tells what became of it. */
async function guarded(hook: string | object, script = [CALL, say("Done.")]) {
  const { server, chat, llm } = await openHooked(script, hooks({ pre_tool_use: hook as string }));
  await using _ = server;
  await chat.send("Go.");
  await chat.expectFinished();
  const result = chat.events.map(inWords).find((line) => /^(result|rejected)/.test(line));
  return { result, record: recordsIn(chat.events)[0], chat, llm };
}

describe("a call is refused before its tool runs", () => {
  it("by exit code 2, with what the command wrote to standard error as the reason", async () => {
    const { result, record, llm } = await guarded("echo ' not here ' >&2; exit 2");
    expect(result).toBe("rejected echo: not here");
    expect(record).toMatchObject({ blocked: true, success: false, exit_code: 2 });
    expect(llm.requests[1]?.messages.at(-1)?.content).toMatchObject([{ text: "Action rejected: not here" }]);
  });

  it("by the decision deny, whatever the exit code, with its reason before standard error", async () => {
    const deny = `echo '{"decision": "DENY", "reason": "because"}'; echo other >&2; exit`;
    expect((await guarded(`${deny} 0`)).result).toBe("rejected echo: because");
    expect((await guarded(`${deny} 1`)).result).toBe("rejected echo: because");
  });

  it("by continue false, without a reason of its own", async () => {
    expect((await guarded(`echo '{"continue": false}'`)).result).toBe("rejected echo: Blocked by hook");
  });

  it("by a command that cannot be started: a guard that is silently off is none", async () => {
    const { result, record } = await guarded("./no-such-guard.sh");
    expect(result).toMatch(/^rejected echo: .*no-such-guard.sh.*not found/);
    expect(record).toMatchObject({ blocked: true, exit_code: 127, error: "The hook could not be started" });
  });

  it("by a command that does not end in time", async () => {
    const { result, record } = await guarded({ command: "sleep 60", timeout: 1 });
    expect(result).toBe("rejected echo: The hook did not end within 1 seconds");
    expect(record).toMatchObject({ blocked: true, success: false, exit_code: -1 });
  });

  it("by a command that was killed", async () => {
    expect((await guarded("kill -9 $$")).result).toBe("rejected echo: The hook was ended by SIGKILL");
  });

  it("so that nobody has to confirm it", async () => {
    const { server, chat } = await openHooked([CALL, say("Done.")], hooks({ pre_tool_use: "exit 2" }), {
      conversation: { confirmation_policy: { kind: "AlwaysConfirm" } },
    });
    await using _ = server;
    await chat.send("Go.");
    await chat.expectFinished("Done.");
  });

  it("alone: the other calls of the reply run, and the agent goes on", async () => {
    const script = [[call("echo", { text: "secret" }), call("echo", { text: "public" })], say("Done.")];
    const { chat } = await guarded(`grep -q secret && exit 2; exit 0`, script as never);
    expect(story(chat.events)).toEqual([
      "user: Go.",
      "hook PreToolUse refuses",
      "call echo",
      "hook PreToolUse",
      "call echo",
      "rejected echo: Blocked by hook",
      "result echo: public",
      "agent: Done.",
    ]);
    expect(chat.events.some(({ kind }) => kind === "AgentErrorEvent")).toBe(false);
  });

  it("also the call that would finish the conversation", async () => {
    const script = [call("finish", { message: "Done." }), say("What is left?")];
    const { chat } = await guarded("grep -q finish && exit 2; exit 0", script as never);
    expect(story(chat.events).at(-1)).toBe("agent: What is left?");
  });
});

describe("a call runs", () => {
  it("when a guard ends with any other code: guards are written for that", async () => {
    const { result, record } = await guarded("echo broken >&2; exit 1");
    expect(result).toBe("result echo: a");
    expect(record).toMatchObject({ success: false, blocked: false, exit_code: 1 });
  });

  it("when the decision is allow, no text, or no JSON at all", async () => {
    for (const output of [`{"decision": "allow"}`, `{"decision": ["deny"]}`, "deny", "[]", "{"]) {
      expect((await guarded(`echo '${output}'`)).result).toBe("result echo: a");
    }
  });

  it("before the hooks behind a refusal: those are not asked", async () => {
    const { server, chat } = await openHooked(
      [CALL, say("Done.")],
      hooks({ pre_tool_use: ["exit 2", "true"] }),
    );
    await using _ = server;
    await chat.send("Go.");
    await chat.expectFinished();
    expect(recordsIn(chat.events)).toHaveLength(1);
  });

  it("and its result stands, whatever the hooks after it say", async () => {
    const { server, chat } = await openHooked(
      [CALL, say("Done.")],
      hooks({ post_tool_use: ["exit 2", "true"] }),
    );
    await using _ = server;
    await chat.send("Go.");
    await chat.expectFinished();
    expect(recordsIn(chat.events).map(({ blocked }) => blocked)).toEqual([true, false]);
    expect(story(chat.events)).toContain("result echo: a");
  });
});

describe("a message is blocked", () => {
  it("by a hook: it is stored, no prompt has it, and its turn ends", async () => {
    const { server, chat, llm } = await openHooked(
      [say("Done.")],
      hooks({ user_prompt_submit: "grep -q bad && exit 2; exit 0" }),
    );
    await using _ = server;
    await chat.send("bad");
    await chat.expectFinished();
    expect(llm.requests).toHaveLength(0);
    await chat.send("good");
    await chat.expectFinished("Done.");
    expect(story(chat.events).filter((line) => line.startsWith("user"))).toEqual(["user: bad", "user: good"]);
    expect(JSON.stringify(llm.requests[0]?.messages)).not.toContain("bad");
  });

  it("also by a hook that adds text to it", async () => {
    const both = `echo '{"decision": "deny", "reason": "no", "additionalContext": "more"}'`;
    const { server, chat, llm } = await openHooked([say("Done.")], hooks({ user_prompt_submit: both }));
    await using _ = server;
    await chat.send("Go.");
    await chat.expectFinished();
    expect(llm.requests).toHaveLength(0);
    const [record] = recordsIn(chat.events);
    expect(record).toMatchObject({ blocked: true, reason: "no", additional_context: "more" });
  });

  it("by a guard that cannot be started", async () => {
    const { server, chat, llm } = await openHooked(
      [say("Done.")],
      hooks({ user_prompt_submit: "./missing" }),
    );
    await using _ = server;
    await chat.send("Go.");
    await chat.expectFinished();
    expect(llm.requests).toHaveLength(0);
  });
});

describe("the agent goes on", () => {
  it("when a hook refuses the stop, with the reason as a message of the environment", async () => {
    const once = "test -f seen || { touch seen; echo 'run the tests' >&2; exit 2; }";
    const { server, chat, llm } = await openHooked([say("Done."), say("Tested.")], hooks({ stop: once }));
    await using _ = server;
    await chat.send("Go.");
    await chat.expectFinished("Tested.");
    expect(story(chat.events)).toEqual([
      "user: Go.",
      "agent: Done.",
      "hook Stop refuses",
      "environment: [Stop hook feedback] run the tests",
      "agent: Tested.",
      "hook Stop",
    ]);
    expect(llm.requests[1]?.messages.at(-1)?.content).toMatchObject([
      { text: "[Stop hook feedback] run the tests" },
    ]);
  });

  it("with the texts that the hooks add in place of the reason", async () => {
    const once = `test -f seen && exit 0; touch seen; echo '{"decision":"deny","reason":"r","additionalContext":"c"}'`;
    const { server, chat } = await openHooked([say("Done."), say("Tested.")], hooks({ stop: once }));
    await using _ = server;
    await chat.send("Go.");
    await chat.expectFinished("Tested.");
    expect(story(chat.events)).toContain("environment: [Stop hook feedback] c");
  });

  it("no longer than the limit of steps allows", async () => {
    const { server, chat, llm } = await openHooked(
      [say("a"), say("b"), say("c"), say("d")],
      hooks({ stop: "exit 2" }),
      {
        conversation: { max_iterations: 3 },
      },
    );
    await using _ = server;
    await chat.send("Go.");
    await chat.expectFailed(/MaxIterationsReached/);
    expect(llm.requests).toHaveLength(3);
  });

  it("when a finished conversation is run again and a hook refuses then", async () => {
    const { server, chat } = await openHooked(
      [say("Done."), say("More done.")],
      hooks({ stop: "test -f more && { rm more; exit 2; } || exit 0" }),
    );
    await using _ = server;
    await chat.send("Go.");
    await chat.expectFinished("Done.");
    const { writeFile } = await import("node:fs/promises");
    await writeFile(`${server.workingDir}/more`, "");
    await chat.run();
    await chat.expectFinished("More done.");
  });

  it("not when a stop hook cannot be started: it would go on for ever", async () => {
    const { server, chat } = await openHooked([say("Done.")], hooks({ stop: "./missing" }));
    await using _ = server;
    await chat.send("Go.");
    await chat.expectFinished("Done.");
  });
});
