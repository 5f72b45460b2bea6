import { call, say } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { hooks, isAlive, openHooked, recordsIn, story, writtenPid } from "./hooked.ts";

const CALL = call("echo", { text: "a" });

/** Plays one call with a hook after it, to its end. */
async function afterCall(hook: string | object, options: Parameters<typeof openHooked>[2] = {}) {
  const { server, chat, llm } = await openHooked(
    [CALL, say("Done.")],
    hooks({ post_tool_use: hook as string }),
    options,
  );
  await chat.send("Go.");
  await chat.expectFinished("Done.");
  return { server, chat, llm, record: recordsIn(chat.events)[0] };
}

describe("a hook costs its own deadline and nothing else, when it", () => {
  it("hangs and ignores the signal to end", async () => {
    const { server, record } = await afterCall({
      command: "trap '' TERM; echo $$ > pid; while true; do sleep 0.1; done",
      timeout: 1,
    });
    await using _ = server;
    expect(record).toMatchObject({ success: false, error: "The hook did not end within 1 seconds" });
    const pid = await writtenPid(server, "pid");
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  it("leaves children behind that hold its output", async () => {
    const { server, record } = await afterCall({
      command: "for i in 1 2 3; do sleep 300 & done; echo $! > pid; exit 0",
      timeout: 1,
    });
    await using _ = server;
    expect(record?.error).toBe("The hook did not end within 1 seconds");
    const pid = await writtenPid(server, "pid");
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  it("writes without end", async () => {
    const before = process.memoryUsage().rss;
    const { server, record } = await afterCall({ command: "yes xxxxxxxxxxxxxxx", timeout: 2 });
    await using _ = server;
    expect(record?.error).toBe("The hook did not end within 2 seconds");
    expect(record?.stdout?.length).toBe(50_000);
    expect(record?.stdout).toMatch(/x\n<TRUNCATED>$/);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
  });

  it("kills its own group", async () => {
    const { server, record } = await afterCall("kill -9 0");
    await using _ = server;
    expect(record).toMatchObject({ success: false, exit_code: -1, error: "The hook was ended by SIGKILL" });
  });

  it("closes its input unread", async () => {
    const { server, chat, llm } = await openHooked(
      [say("Done.")],
      hooks({ user_prompt_submit: "exec 0<&-; sleep 0.2" }),
    );
    await using _ = server;
    await chat.send("x".repeat(2_000_000));
    await chat.expectFinished();
    expect(llm.requests).toHaveLength(1);
    expect(recordsIn(chat.events)[0]).toMatchObject({ success: true });
  });

  it("writes bytes that are no text", async () => {
    const { server, record } = await afterCall("printf 'a\\377\\376\\0b'");
    await using _ = server;
    expect(record).toMatchObject({ success: true, stdout: "a\uFFFD\uFFFD\0b" });
  });
});

describe("a hook does not get around a guard, when it", () => {
  it("hides a refusal behind more output than is read", async () => {
    const flood = `head -c 2000000 /dev/zero | tr '\\0' ' '; echo '{"decision": "deny"}'`;
    const { server, chat } = await openHooked([CALL, say("Done.")], hooks({ pre_tool_use: flood }));
    await using _ = server;
    await chat.send("Go.");
    await chat.expectFinished();
    expect(story(chat.events).find((line) => line.startsWith("rejected"))).toContain("wrote more than");
  });
});

describe("a secret of the conversation", () => {
  it("shows nowhere, wherever a hook prints it", async () => {
    const value = "s3cr3t-of-the-user";
    const loud = `echo '{"additionalContext": "${value}", "reason": "${value}"}'; echo ${value} >&2`;
    const { server, chat, llm } = await openHooked(
      [CALL, CALL, say("Done.")],
      hooks({
        session_start: loud,
        user_prompt_submit: loud,
        pre_tool_use: `${loud}; test -f seen && exit 2; touch seen`,
        post_tool_use: loud,
        stop: `test -f stopped && exit 0; touch stopped; ${loud}; exit 2`,
      }),
      { conversation: { secrets: { TOKEN: { kind: "StaticSecret", value } } } },
    );
    await using _ = server;
    await chat.send("Go.").catch(() => {});
    await chat.idle();
    expect(recordsIn(chat.events).length).toBeGreaterThan(4);
    expect(JSON.stringify(chat.events)).toContain("<secret-hidden>");
    const commands = ["hook_command", "command"];
    const shown = JSON.stringify(chat.events, (key, field) => (commands.includes(key) ? undefined : field));
    expect(shown).not.toContain(value);
    expect(JSON.stringify(llm.requests)).not.toContain(value);
  });
});

it("text that a hook adds is cut to what can be stored", async () => {
  const long = `printf '{"additionalContext": "'; head -c 500000 /dev/zero | tr '\\0' y; printf '"}'`;
  const { server, chat, llm } = await openHooked([say("Done.")], hooks({ user_prompt_submit: long }));
  await using _ = server;
  await chat.send("Go.");
  await chat.expectFinished();
  expect(JSON.stringify(llm.requests[0]?.messages).length).toBeLessThan(100_000);
  expect(recordsIn(chat.events)[0]?.additional_context?.length).toBe(50_000);
});
