import { describe, expect, it } from "vitest";
import type { LoopExtension } from "../../src/agent/loop/extension.ts";
import type { ConfirmationResponse } from "../../src/conversations/live/conversation-handle.ts";
import { AcpBench } from "./acp-bench.ts";

const ALWAYS = { confirmation_policy: { kind: "AlwaysConfirm" as const } };

describe("a program that asks for permission", () => {
  it("gets it where the conversation wants to be asked nothing, without an event", async () => {
    await using bench = await AcpBench.open();
    await bench.chat.send("permission a");
    expect(await bench.chat.expectFinished()).toBe("permission: selected once\n");
    expect(bench.events("ActionEvent")).toHaveLength(1);
  });

  it("waits for the user where the policy says so, and goes on with a yes in the same turn", async () => {
    await using bench = await AcpBench.open({ conversation: ALWAYS });
    await bench.chat.send("permission file.txt\nsay done");
    await waiting(bench);
    const [action] = bench.events("ActionEvent");
    expect(action).toMatchObject({
      tool_name: "execute",
      action: { kind: "MCPToolAction", data: { command: "rm file.txt", title: "May I file.txt?" } },
      summary: "May I file.txt?",
    });
    await answer(bench, { accept: true });
    expect(await bench.chat.expectFinished()).toBe("permission: selected once\ndone");
    expect(bench.events("ObservationEvent")[0]).toMatchObject({
      action_id: action?.id,
      observation: { kind: "MCPToolObservation", content: [{ text: "Allowed: Allow once" }] },
    });
    expect(bench.recorded("session/prompt")).toHaveLength(1);
  });

  it("is told a no, and what it makes of it is its own matter", async () => {
    await using bench = await AcpBench.open({ conversation: ALWAYS });
    await bench.chat.send("permission a\nsay done");
    await waiting(bench);
    await answer(bench, { accept: false, reason: "Never." });
    await until(() => bench.events("ActionEvent").length === 2);
    expect(await bench.chat.expectFinished()).toBe("permission: selected no\ndone");
    expect(bench.events("UserRejectObservation")).toMatchObject([
      { rejection_reason: "Never.", rejection_source: "user" },
    ]);
  });

  it("asks for one thing at a time", async () => {
    await using bench = await AcpBench.open({ conversation: ALWAYS });
    await bench.chat.send("permission a\npermission a\nsay done");
    await waiting(bench);
    await answer(bench, { accept: true });
    await until(() => bench.events("ActionEvent").length === 2);
    await waiting(bench);
    await answer(bench, { accept: true });
    await until(() => bench.events("ActionEvent").length === 3);
    expect(await bench.chat.expectFinished()).toContain("done");
    const ids = bench.events("ActionEvent").map(({ tool_call_id: id }) => id);
    expect(new Set(ids).size).toBe(3);
  });

  it("is refused by a new message, which takes the place of the turn", async () => {
    await using bench = await AcpBench.open({ conversation: ALWAYS });
    await bench.chat.send("permission a\nhang");
    await waiting(bench);
    await bench.chat.send("say other");
    await until(() => bench.events("ActionEvent").length === 2);
    expect(await bench.chat.expectFinished()).toBe("other");
    expect(bench.events("UserRejectObservation")).toHaveLength(1);
  });

  it("is told that nobody answers when the run is interrupted", async () => {
    await using bench = await AcpBench.open({ conversation: ALWAYS });
    await bench.chat.send("permission a\nsay never");
    await waiting(bench);
    await (await bench.server.conversations.open(bench.id)).interrupt();
    await bench.chat.expectStatus("paused");
    await until(() => bench.events("InterruptEvent").length === 1);
    expect(bench.events("AgentErrorEvent")).toHaveLength(1);
  });

  it("gets no more than it offers: nothing to allow is nothing allowed", async () => {
    await using bench = await AcpBench.open({ conversation: ALWAYS });
    await bench.chat.send("permission a none");
    await waiting(bench);
    await answer(bench, { accept: true });
    await until(() => bench.events("ActionEvent").length === 2);
    expect(await bench.chat.expectFinished()).toBe("permission: cancelled \n");
  });

  it("is rated by the analyzer, and only what it finds risky waits", async () => {
    await using bench = await AcpBench.open({
      conversation: {
        confirmation_policy: { kind: "ConfirmRisky", threshold: "HIGH", confirm_unknown: false },
        security_analyzer: { kind: "PatternSecurityAnalyzer" },
      },
    });
    await bench.chat.send("permission a.txt\npermission -rf /\nsay done");
    await waiting(bench);
    const risks = bench.events("SecurityAnalysisEvent").flatMap(({ risks }) => Object.values(risks));
    expect(risks).toHaveLength(2);
    expect(risks[1]).toBe("HIGH");
    await answer(bench, { accept: true });
    await until(() => bench.events("ActionEvent").length === 3);
    await bench.chat.expectFinished("done");
  });

  it("is refused by a guard of the host, whatever the policy", async () => {
    const guard: LoopExtension = {
      name: "guard",
      beforeTool: ({ tool_call: { arguments: text } }) =>
        text.includes("rm secret") ? { refuse: "Not that." } : undefined,
    };
    await using bench = await AcpBench.open({ extensions: [guard] });
    await bench.chat.send("permission secret\npermission other");
    expect(await bench.chat.expectFinished()).toBe("permission: selected no\npermission: selected once\n");
    expect(bench.events("UserRejectObservation")).toMatchObject([
      { rejection_reason: "Not that.", rejection_source: "hook" },
    ]);
  });
});

describe("the mode of a program", () => {
  it("is the one without questions, unless the conversation wants to be asked", async () => {
    await using bench = await AcpBench.open({ args: ["--name=claude-agent"] });
    await bench.chat.send("state");
    expect(JSON.parse(await bench.chat.expectFinished()).mode).toBe("bypassPermissions");
    const conversation = await bench.server.conversations.open(bench.id);
    await conversation.setConfirmationPolicy({ kind: "AlwaysConfirm" });
    await bench.chat.send("state");
    expect(JSON.parse(await bench.chat.expectFinished()).mode).toBe("default");
    expect(bench.recorded("session/set_mode")).toHaveLength(2);
  });

  it("stays as it is where the program works in none without questions, which are then answered with yes", async () => {
    await using bench = await AcpBench.open({ args: ["--name=claude-agent", "--modes=default,plan"] });
    await bench.chat.send("permission a");
    expect(await bench.chat.expectFinished()).toBe("permission: selected once\n");
    expect(bench.recorded("session/set_mode")).toEqual([]);
    expect((await bench.state()).acp_agent_name).toBe("claude-agent");
  });

  it("is never one without questions where the conversation wants to be asked", async () => {
    await using bench = await AcpBench.open({
      args: ["--name=claude-agent", "--modes=bypassPermissions"],
      conversation: ALWAYS,
    });
    await bench.chat.send("say hello");
    await bench.chat.expectFailed(/ACPInitError: .*no such mode/);
    expect(bench.recorded("session/prompt")).toEqual([]);
  });

  it("is the agent's own where it names one, and left alone for a program that is not known", async () => {
    await using named = await AcpBench.open({
      args: ["--name=codex-acp"],
      agent: { acp_session_mode: "mine" },
    });
    await named.chat.send("state");
    expect(JSON.parse(await named.chat.expectFinished()).mode).toBe("mine");
    await using unknown = await AcpBench.open();
    await unknown.chat.send("say hello");
    await unknown.chat.expectFinished();
    expect(unknown.recorded("session/set_mode")).toEqual([]);
  });

  it("that it refuses ends the run: it would work under other rules than were meant", async () => {
    await using bench = await AcpBench.open({ args: ["--refuse-mode"], agent: { acp_session_mode: "mine" } });
    await bench.chat.send("say hello");
    await bench.chat.expectFailed(/ACPInitError: .*no such mode/);
    expect(bench.recorded("session/prompt")).toEqual([]);
  });
});

it("an elicitation is declined: nobody is there to be asked", async () => {
  await using bench = await AcpBench.open();
  await bench.chat.send("elicit");
  expect(await bench.chat.expectFinished()).toBe("elicitation: decline");
});

async function answer({ chat, server }: AcpBench, given: ConfirmationResponse): Promise<void> {
  await (await server.conversations.open(chat.id)).respondToConfirmation(given);
}

/** The run goes on while the user is asked, so that it is the status which says so. */
async function waiting({ chat, server }: AcpBench): Promise<void> {
  const status = async () => (await server.conversations.get(chat.id)).execution_status;
  while ((await status()) !== "waiting_for_confirmation")
    await new Promise((resolve) => setTimeout(resolve, 20));
}

async function until(check: () => boolean): Promise<void> {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 20));
}
