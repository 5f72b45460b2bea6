import { scriptedLlm } from "agent-server/testing";
import { expect, it } from "vitest";
import { BUILT_IN_RUNNERS } from "../../src/agent/built-in-runners.ts";
import { agentSays } from "../../src/agent/loop/messages.ts";
import { createRunner, type RunnerFactory, type RunnerHost } from "../../src/agent/runner.ts";
import { silentLogger } from "../../src/logger.ts";
import { openManager, send, start, until } from "../conversations/open-manager.ts";
import { toolHost } from "../tools/tool-host.ts";
import { ArraySession } from "./loop/harness.ts";

async function testHost(): Promise<RunnerHost> {
  const { state } = await ArraySession.open();
  return {
    ...(await toolHost()),
    state,
    createLlm: () => scriptedLlm([]),
    logger: silentLogger,
    mcpServers: async () => ({}),
    memory: async () => undefined,
    allowsSecret: () => true,
    hide: () => {},
    recordAside: async () => {},
    now: () => 0,
  };
}

it("is the built-in loop for agents of kind Agent", async () => {
  expect(createRunner("Agent", BUILT_IN_RUNNERS, await testHost())).toHaveProperty("run");
});

it("is refused for a kind that nothing runs, naming those that something does", async () => {
  const host = await testHost();
  const runners = { ...BUILT_IN_RUNNERS, ACPAgent: BUILT_IN_RUNNERS.Agent as RunnerFactory };
  expect(() => createRunner("OtherAgent", runners, host)).toThrow(
    "Agents of kind 'OtherAgent' cannot be run. Available: [Agent, ACPAgent]",
  );
  expect(() => createRunner("toString", runners, host)).toThrow("cannot be run");
});

it("needs no model and no tools: it lives as long as its conversation and writes what happens", async () => {
  const life: string[] = [];
  const parrot: RunnerFactory = ({ conversationId }) => {
    life.push("made");
    return {
      async run(session) {
        life.push("ran");
        await session.update({ execution_status: "running" });
        session.openReply().push({ content: "Hello" });
        await session.append([agentSays("Hello to you.")]);
        await session.update({ execution_status: "finished" });
      },
      async close() {
        life.push(`closed ${conversationId}`);
      },
    };
  };
  const { manager, llm } = openManager({ runners: { Agent: parrot } });
  const id = await start(manager);
  await send(manager, id, "Hello.");
  await until(async () => (await manager.get(id)).execution_status === "finished");
  await send(manager, id, "Hello again.");
  await until(() => life.length === 3);
  expect(await manager.agentFinalResponse(id)).toBe("Hello to you.");
  await manager.close();
  expect(life).toEqual(["made", "ran", "ran", `closed ${id}`]);
  expect(llm.requests).toEqual([]);
});
