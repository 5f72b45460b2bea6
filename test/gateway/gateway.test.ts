import { expect, it } from "vitest";
import { Gateway, type GatewayOptions } from "../../src/gateway/gateway.ts";
import { textPart } from "../../src/gateway/prompt.ts";
import type { StartConversationRequest } from "../../src/wire/conversation-request.ts";
import { Gate, openManager, startRequest, until, waitFor } from "../conversations/open-manager.ts";

const PROMPT = { model: "openhands_fast", system: "", content: [textPart("Go.")] };
const PROFILE = "11111111-1111-4111-8111-111111111111";

it("gives up waiting for a run that takes too long, which goes on", async () => {
  const gate = new Gate();
  const { gateway, manager } = opened({ maxWait: 1 }, gate);
  await expect(ask(gateway)).rejects.toMatchObject({ status: 504, detail: "Agent run timed out" });
  gate.open();
  await until(async () => (await manager.count({ status: "finished" })) === 1);
});

it("refuses where no agent is active", async () => {
  const { gateway, manager } = opened({ activeAgent: async () => undefined });
  await expect(ask(gateway)).rejects.toMatchObject({
    status: 409,
    detail: "No active Agent Profile; activate one to use the gateway",
  });
  expect(await manager.count()).toBe(0);
});

it("leaves the model to an agent that is another program", async () => {
  const started: StartConversationRequest[] = [];
  const program = opened({ activeAgent: async () => ({ id: PROFILE, isProgram: true }) }, undefined, started);
  await ask(program.gateway);
  const other = opened({}, undefined, started);
  await ask(other.gateway);
  expect(started.map(({ agent_launch_additions: additions }) => additions?.llm_profile_ref)).toEqual([
    null,
    "fast",
  ]);
  expect(started[0]).toMatchObject({ agent_profile_id: PROFILE, autotitle: false, max_iterations: 9 });
});

it("does not wait for a client that has left", async () => {
  const gate = new Gate();
  const { gateway } = opened({}, gate);
  const leaving = new AbortController();
  const asked = ask(gateway, leaving.signal);
  await gate.reached;
  leaving.abort(new Error("the client has left"));
  await expect(asked).rejects.toThrow("the client has left");
  gate.open();
});

/** A gateway over real conversations, whose agent is not of a profile. */
function opened(options: Partial<GatewayOptions>, gate?: Gate, started: StartConversationRequest[] = []) {
  const { manager } = openManager(gate && { steps: [waitFor(gate)] });
  const gateway = new Gateway({
    conversations: {
      createFrom: (request) => {
        started.push(request);
        return manager.create(startRequest({ initial_message: request.initial_message }));
      },
      open: (id) => manager.open(id),
      assertReachable: (id, reach) => manager.assertReachable(id, reach),
      get: (id) => manager.get(id),
      agentFinalResponse: (id) => manager.agentFinalResponse(id),
    },
    profiles: async () => ["fast"],
    checkProfile: async () => {},
    activeAgent: async () => ({ id: PROFILE, isProgram: false }),
    defaults: async () => ({
      confirmation_policy: { kind: "NeverConfirm" },
      security_analyzer: null,
      max_iterations: 9,
    }),
    workspace: "/project",
    ...options,
  });
  return { gateway, manager };
}

function ask(gateway: Gateway, signal = new AbortController().signal) {
  return gateway.ask({ prompt: PROMPT, observability: {}, signal });
}
