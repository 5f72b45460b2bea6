import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { AcpBench } from "./acp-bench.ts";

describe("a program that cannot be started", () => {
  it("ends the run with the code that clients know, and is started again by the next one", async () => {
    await using bench = await AcpBench.open({ args: ["--start=unauthorized"] });
    await bench.chat.send("say hello");
    await bench.chat.expectFailed("ACPAuthRequired: [-32603] Internal error: 401 Unauthorized");
    expect(bench.events("ConversationErrorEvent")).toMatchObject([
      { source: "agent", classification: { kind: "auth", user_action: "settings" } },
    ]);
    await (await bench.server.conversations.open(bench.id)).run();
    await until(() => bench.recorded("initialize").length === 2);
  });

  it("is named where it is not there", async () => {
    await using bench = await AcpBench.open({ agent: { acp_command: ["/no/such/agent"] } });
    await bench.chat.send("say hello");
    await bench.chat.expectFailed(/ACPSpawnError: .*\/no\/such\/agent/s);
  });

  it("is given up when it does not answer in time, and ended", async () => {
    await using bench = await AcpBench.open({ args: ["--start=hang"], agent: { acp_startup_timeout: 1 } });
    await bench.chat.send("say hello");
    await bench.chat.expectFailed(/ACPStartupTimeout: ACP startup timed out after 1s/);
    expect(programs(bench)).toEqual([]);
  });

  it("is not waited for once the user interrupts", async () => {
    await using bench = await AcpBench.open({ args: ["--start=hang"] });
    await bench.chat.send("say hello");
    await until(() => bench.recorded("initialize").length === 1);
    await (await bench.server.conversations.open(bench.id)).interrupt();
    await bench.chat.expectStatus("paused");
  });
});

describe("a prompt that fails", () => {
  it("is shown in words and as an error, and is sent again by the next run", async () => {
    await using bench = await AcpBench.open();
    await bench.chat.send("tool t1 Work\nerror -32602 Bad prompt");
    await bench.chat.expectFailed("ACPPromptError: [-32602] Bad prompt: the true cause");
    expect(bench.events("ACPToolCallEvent")[1]).toMatchObject({ status: "failed" });
    expect(bench.events("MessageEvent")[1]?.llm_message.content).toMatchObject([
      { text: "ACP error: [-32602] Bad prompt: the true cause" },
    ]);
    await (await bench.server.conversations.open(bench.id)).run();
    await until(() => bench.recorded("session/prompt").length === 2);
    expect(bench.recorded("session/new")).toHaveLength(1);
  });

  it.each([
    ["error -32603 your request breaks our usage policy", "UsagePolicyRefusal"],
    ["error -32000 Sign in", "ACPAuthRequired"],
  ])("has the code for its reason: %s", async (prompt, code) => {
    await using bench = await AcpBench.open({ acpRetryDelays: [] });
    await bench.chat.send(prompt);
    await bench.chat.expectFailed(code);
  });

  it("is sent again when the failure may pass", async () => {
    await using bench = await AcpBench.open({ acpRetryDelays: [10, 10, 10] });
    await bench.chat.send(`flaky ${bench.folder}/tries 2`);
    expect(await bench.chat.expectFinished()).toBe("after 2 failures");
    expect(bench.recorded("session/prompt")).toHaveLength(3);
  });

  it("is given up after three more attempts", async () => {
    await using bench = await AcpBench.open({ acpRetryDelays: [10, 10, 10] });
    await bench.chat.send(`flaky ${bench.folder}/tries 9`);
    await bench.chat.expectFailed("ACPPromptError: [-32603] Internal error: overloaded");
    expect(bench.recorded("session/prompt")).toHaveLength(4);
  });

  it("is given up when the program gives no sign for too long, but not while it does", async () => {
    await using bench = await AcpBench.open({ agent: { acp_prompt_timeout: 1 } });
    await bench.chat.send("wait 700\nsay a\nwait 700\nsay b");
    expect(await bench.chat.expectFinished()).toBe("ab");
    await bench.chat.send("hang");
    await bench.chat.expectStatus("error");
    expect(bench.recorded("session/cancel")).toHaveLength(1);
    expect(bench.events("MessageEvent").at(-1)?.llm_message.content).toMatchObject([
      { text: expect.stringMatching(/^ACP prompt timed out after 1s with no activity/) },
    ]);
  });
});

describe("a program that ends in the middle of a turn", () => {
  it("costs that turn, with its last words, and goes on with its session in the next run", async () => {
    await using bench = await AcpBench.open({ args: ["--sessions=@/sessions"] });
    await bench.chat.send("say one");
    await bench.chat.expectFinished("one");
    await bench.chat.send("tool t1 Work\ncrash");
    await bench.chat.expectFailed(/ACPPromptError: .*exit code 4.*out of mind/s);
    expect(bench.events("ACPToolCallEvent")[1]).toMatchObject({ status: "failed" });
    await bench.chat.send("state", { run: false });
    await (await bench.server.conversations.open(bench.id)).run();
    await until(() => bench.recorded("session/load").length === 1);
    expect(bench.recorded("session/load")[0]?.params.sessionId).toBe(
      bench.recorded("session/prompt")[0]?.params.sessionId,
    );
  });
});

describe("an interrupt", () => {
  it("cancels the turn and keeps the program, which is sent the message again", async () => {
    await using bench = await AcpBench.open();
    await bench.chat.send("tool t1 Work\nhang");
    await until(() => bench.events("ACPToolCallEvent").length === 1);
    await (await bench.server.conversations.open(bench.id)).interrupt();
    await bench.chat.expectStatus("paused");
    await until(() => bench.events("InterruptEvent").length === 1);
    expect(bench.events("ACPToolCallEvent")[1]).toMatchObject({ status: "failed" });
    expect(bench.recorded("session/cancel")).toHaveLength(1);
    expect((await bench.state()).acp_last_prompt_user_message_id).toBeUndefined();
    expect(bench.recorded("initialize")).toHaveLength(1);
  });

  it("ends a program that does not stop, and the next run takes its session up again", async () => {
    await using bench = await AcpBench.open({ args: ["--sessions=@/sessions"] });
    await bench.chat.send("say one");
    await bench.chat.expectFinished("one");
    await bench.chat.send("ignore");
    await until(() => bench.recorded("session/prompt").length === 2);
    await (await bench.server.conversations.open(bench.id)).interrupt();
    await bench.chat.expectStatus("paused");
    await until(() => programs(bench).length === 0);
    await (await bench.server.conversations.open(bench.id)).run();
    await until(() => bench.recorded("session/load").length === 1);
  });

  it("that comes with the last words is too late for them", async () => {
    await using bench = await AcpBench.open();
    await bench.chat.send("wait 300\nsay done");
    await until(() => bench.recorded("session/prompt").length === 1);
    await (await bench.server.conversations.open(bench.id)).pause();
    await bench.chat.expectStatus("paused");
    await until(() => bench.events("ActionEvent").length === 1);
    expect(bench.events("ActionEvent")).toMatchObject([{ action: { message: "done" } }]);
  });
});

describe("a program that misbehaves", () => {
  it("is ended for a message that is too long", async () => {
    await using bench = await AcpBench.open();
    await bench.chat.send("long 104857600");
    await bench.chat.expectFailed(/ACPPromptError: .*a message of more than 33554432 bytes/);
    await until(() => programs(bench).length === 0);
  });

  it("that floods its updates is held back, and every word arrives", async () => {
    await using bench = await AcpBench.open();
    await bench.chat.send("flood 3000");
    expect(await bench.chat.expectFinished()).toMatch(/^0 1 2 .* 2999 $/);
  });

  it("leaves no process behind: its children end with it", async () => {
    const bench = await AcpBench.open();
    await bench.chat.send("child 5432\nsay done");
    await bench.chat.expectFinished();
    expect(running("sleep 5432")).toBe(true);
    await bench[Symbol.asyncDispose]();
    await until(() => !running("sleep 5432"));
  });

  it("that does not end by itself is ended with its conversation", async () => {
    const bench = await AcpBench.open({ args: ["--stubborn"] });
    await bench.chat.send("say done");
    await bench.chat.expectFinished();
    await bench[Symbol.asyncDispose]();
    expect(programs(bench)).toEqual([]);
  });
});

async function until(check: () => boolean): Promise<void> {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Command lines of the programs of a bench that run. */
function programs({ folder }: AcpBench): string[] {
  return commandLines().filter((line) => line.includes("acp-agent.mjs") && line.includes(folder));
}

function running(command: string): boolean {
  return commandLines().some((line) => line.startsWith(command));
}

function commandLines(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      } catch {
        return "";
      }
    });
}
