import { call, say } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import {
  delegatingServer,
  eventsOf,
  MARK,
  promptText,
  subAgentsOf,
  twoModels,
  untilStatus,
} from "./delegating.ts";

const TASK = call("task", { prompt: `${MARK}: clean up` });

/** An agent without rules whose sub-agent asks for each of its commands. */
const CAREFUL = {
  tool_concurrency_limit: 4,
};
const DEFINITIONS = [
  {
    name: "general-purpose",
    description: "Careful",
    tools: ["terminal"],
    permission_mode: "always_confirm",
  },
];

async function careful(
  child = (turn: number) =>
    turn === 0 ? call("terminal", { command: "echo gone > done" }) : say("Cleaned."),
) {
  const llm = twoModels((turn) => (turn === 0 ? TASK : say("Done.")), child);
  const server = await delegatingServer({ llm });
  const chat = await server.start("Go.", { agent: CAREFUL, agent_definitions: DEFINITIONS });
  await chat.expectWaiting();
  return { server, chat, llm };
}

async function exists(server: { workingDir: string }, name: string): Promise<boolean> {
  const { access } = await import("node:fs/promises");
  return access(`${server.workingDir}/${name}`).then(
    () => true,
    () => false,
  );
}

describe("calls of a sub-agent that need a confirmation", () => {
  it("wait for the user of the agent, who is shown what they are", async () => {
    const { server, chat } = await careful();
    await using _ = server;
    const info = await server.conversations.get(chat.id);
    expect(info.execution_status).toBe("waiting_for_confirmation");
    const { task_00000001: id } = await subAgentsOf(server, chat.id);
    expect(info.agent_state.sub_agent_confirmation).toMatchObject({
      task_id: "task_00000001",
      subagent: "general-purpose",
      conversation_id: id,
      actions: [{ tool_name: "terminal", arguments: '{"command":"echo gone > done"}' }],
    });
    const words = JSON.stringify(
      (await eventsOf(server, chat.id)).filter(({ kind }) => kind === "MessageEvent"),
    );
    expect(words).toContain("echo gone > done");
    expect(await exists(server, "done")).toBe(false);
  });

  it("run once the user confirms at the agent's conversation, as any client does", async () => {
    const { server, chat, llm } = await careful();
    await using _ = server;
    const response = await server.fetch(
      new Request(`http://localhost/api/conversations/${chat.id}/events/respond_to_confirmation`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ accept: true }),
      }),
    );
    expect(response.status).toBe(200);
    // Until then, the run may stand where it was.
    await expect.poll(() => chat.events.some(({ kind }) => kind === "ObservationEvent")).toBe(true);
    await chat.expectObservation("task", "Cleaned.");
    await chat.expectFinished("Done.");
    expect(await exists(server, "done")).toBe(true);
    const { agent_state } = await server.conversations.get(chat.id);
    expect(agent_state).not.toHaveProperty("sub_agent_confirmation");
    const last = llm.requests.at(-1)?.messages ?? [];
    expect(last.map(({ role }) => role)).toEqual(["system", "user", "assistant", "tool", "user"]);
  });

  it("run once the user starts the agent again, as the Python client confirms", async () => {
    const { server, chat } = await careful();
    await using _ = server;
    await chat.run();
    await chat.expectFinished("Done.");
    expect(await exists(server, "done")).toBe(true);
  });

  it("do not run when the user refuses: the sub-agent reads why and goes on", async () => {
    const { server, chat, llm } = await careful();
    await using _ = server;
    await chat.reject("Not that file.");
    await chat.expectObservation("task", "Cleaned.");
    await chat.expectFinished("Done.");
    expect(await exists(server, "done")).toBe(false);
    const child = llm.requests.filter((request) => promptText(request).startsWith(MARK)).at(-1);
    expect(child && promptText(child)).toContain("Not that file.");
  });

  it("do not run when the user writes something else instead", async () => {
    const { server, chat } = await careful();
    await using _ = server;
    await chat.send("Leave it.");
    await chat.expectFinished("Done.");
    expect(await exists(server, "done")).toBe(false);
  });

  it("may be confirmed in the conversation of the sub-agent, too", async () => {
    const { server, chat } = await careful();
    await using _ = server;
    const { task_00000001: id = "" } = await subAgentsOf(server, chat.id);
    await (await server.conversations.open(id)).respondToConfirmation({ accept: true });
    await untilStatus(server, chat.id, "finished");
    expect(await exists(server, "done")).toBe(true);
  });

  it("may be refused in the conversation of the sub-agent, too", async () => {
    const { server, chat } = await careful();
    await using _ = server;
    const { task_00000001: id = "" } = await subAgentsOf(server, chat.id);
    await (await server.conversations.open(id)).respondToConfirmation({ accept: false, reason: "No." });
    await untilStatus(server, chat.id, "finished");
    expect(await exists(server, "done")).toBe(false);
  });

  it("are refused by an interrupt, which ends the sub-agent", async () => {
    const { server, chat } = await careful();
    await using _ = server;
    const { task_00000001: id = "" } = await subAgentsOf(server, chat.id);
    await (await server.conversations.open(chat.id)).interrupt();
    await chat.expectStatus("paused");
    const info = await server.conversations.get(chat.id);
    expect(info.agent_state).not.toHaveProperty("sub_agent_confirmation");
    expect(await exists(server, "done")).toBe(false);
    expect((await server.conversations.get(id)).execution_status).not.toBe("running");
  });

  it("are asked about one sub-agent after the other: an answer is about what was shown", async () => {
    const { calls } = await import("agent-server/testing");
    const two = [1, 2].map((n) => ["task", { prompt: `${MARK} ${n}` }] as const);
    const llm = twoModels(
      (turn) => (turn === 0 ? calls(...two) : say("Done.")),
      (turn, request) => {
        const name = promptText(request).startsWith(`${MARK} 1`) ? "one" : "two";
        return turn === 0 ? call("terminal", { command: `echo > ${name}` }) : say(name);
      },
    );
    await using server = await delegatingServer({ llm });
    const chat = await server.start("Go.", { agent: CAREFUL, agent_definitions: DEFINITIONS });
    await chat.expectWaiting();
    const shown = async () => {
      const { agent_state } = await server.conversations.get(chat.id);
      return JSON.stringify(agent_state.sub_agent_confirmation);
    };
    await expect.poll(shown).toMatch(/echo > (one|two)/);
    const first = /echo > (one|two)/.exec(await shown())?.[1] ?? "";
    const second = first === "one" ? "two" : "one";
    await chat.confirm();
    await expect.poll(shown).toContain(`echo > ${second}`);
    expect(await exists(server, second)).toBe(false);
    await expect.poll(async () => exists(server, first)).toBe(true);
    await chat.confirm();
    await chat.expectFinished("Done.");
    expect(await exists(server, second)).toBe(true);
  });

  it("reach the user from a sub-agent of a sub-agent", async () => {
    const inner = "Innermost";
    const llm = twoModels(
      (turn, request) => {
        if (promptText(request).startsWith(inner))
          return turn === 0 ? call("terminal", { command: "echo > deep" }) : say("Deep.");
        return turn === 0
          ? call("task", { prompt: `${MARK}: ask another`, subagent_type: "chief" })
          : say("Done.");
      },
      (turn) => (turn === 0 ? call("task", { prompt: inner }) : say("Asked.")),
    );
    await using server = await delegatingServer({ llm });
    const chief = { name: "chief", description: "Asks others", tools: ["task_tool_set"] };
    const chat = await server.start("Go.", { agent_definitions: [...DEFINITIONS, chief] });
    await chat.expectWaiting();
    await chat.confirm();
    await chat.expectObservation("task", "Asked.");
    await chat.expectFinished("Done.");
    expect(await exists(server, "deep")).toBe(true);
  });
});

describe("the policy of a sub-agent", () => {
  it("is that of its agent where its definition has none", async () => {
    const llm = twoModels(
      (turn) => (turn === 0 ? TASK : say("Done.")),
      (turn) => (turn === 0 ? call("terminal", { command: "echo > done" }) : say("Cleaned.")),
    );
    await using server = await delegatingServer({ llm });
    const chat = await server.start("Go.", { confirmation_policy: { kind: "AlwaysConfirm" } });
    await chat.expectWaiting();
    await chat.confirm();
    await chat.expectWaiting();
    expect(await exists(server, "done")).toBe(false);
    await (await server.conversations.open(chat.id)).setConfirmationPolicy({ kind: "NeverConfirm" });
    await chat.confirm();
    await chat.expectFinished("Done.");
    const { task_00000001: id = "" } = await subAgentsOf(server, chat.id);
    expect((await server.conversations.get(id)).confirmation_policy).toEqual({ kind: "NeverConfirm" });
  });

  it("is refused when there is none of its name", async () => {
    const llm = twoModels(
      (turn) => (turn === 0 ? TASK : say("Done.")),
      () => say(""),
    );
    await using server = await delegatingServer({ llm });
    const agent_definitions = [{ name: "general-purpose", permission_mode: "ask_nicely" }];
    const chat = await server.start("Go.", { agent_definitions });
    await chat.expectToolError("task", "permission_mode must be");
    await chat.expectFinished();
  });
});
