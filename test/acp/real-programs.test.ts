import { existsSync } from "node:fs";
import { join } from "node:path";
import { createTestServer } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import type { NewConversation } from "../../src/wire/conversation-request.ts";

/**
 * A folder in which the programs are installed, which takes 700 MB: `npm install --prefix FOLDER
 * @agentclientprotocol/claude-agent-acp@0.63.0 @agentclientprotocol/codex-acp@1.10.0`.
 */
const FOLDER = process.env.ACP_PROGRAMS ?? "";

const PROGRAMS = [
  { server: "claude-code", name: "claude-agent-acp", key: "ANTHROPIC_API_KEY", base: "ANTHROPIC_BASE_URL" },
  { server: "codex", name: "codex-acp", key: "OPENAI_API_KEY", base: "OPENAI_BASE_URL" },
] as const;

const isMissing = !PROGRAMS.every(({ name }) => existsSync(fileOf(name)));

describe.skipIf(isMissing)("a program that people use", () => {
  it.each(PROGRAMS)(
    "begins a session and says which models it has: $server",
    async ({ server, name, key }) => {
      await using host = await createTestServer({ leakCheck: false });
      const response = await host.fetch(
        new Request("http://localhost/api/acp/models", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({
            agent_settings: { agent_kind: "acp", acp_server: server, ...commandOf(name) },
            secrets: { [key]: { kind: "StaticSecret", value: "no-key" } },
          }),
        }),
      );
      const { agent_name, available_models, error } = (await response.json()) as Record<string, unknown>;
      expect({ agent_name, error }).toEqual({ agent_name: `@agentclientprotocol/${name}`, error: null });
      expect(available_models).not.toEqual([]);
    },
    300_000,
  );

  // Nothing answers at the address of the models, so that no prompt leaves this machine.
  it.each(
    PROGRAMS.flatMap((program) =>
      (["NeverConfirm", "AlwaysConfirm"] as const).map((policy) => ({ ...program, policy })),
    ),
  )(
    "takes the mode for the policy, and the prompt after it: $server, $policy",
    async (program) => {
      const { server, name, key, base, policy } = program;
      await using host = await createTestServer({ leakCheck: false, patience: 240_000 });
      const { conversation } = await host.conversations.create({
        autotitle: false,
        agent: {
          ...{ kind: "ACPAgent", acp_server: server, ...commandOf(name) },
          acp_prompt_timeout: 20,
        } as NewConversation["agent"],
        confirmation_policy: { kind: policy },
        secrets: {
          [key]: { kind: "StaticSecret", value: "no-key" },
          [base]: { kind: "StaticSecret", value: "http://127.0.0.1:9" },
        },
        workspace: { working_dir: host.workingDir },
      });
      const chat = await host.resume(conversation.id);
      await chat.send("Say hello.");
      await expect
        .poll(async () => (await host.conversations.get(chat.id)).agent_state, { timeout: 240_000 })
        .toMatchObject({ acp_inflight_prompt_user_message_id: expect.any(String) });
      await conversation.interrupt();
      expect(chat.events.filter(({ kind }) => kind === "ConversationErrorEvent")).toEqual([]);
    },
    300_000,
  );
});

function fileOf(name: string): string {
  return join(FOLDER, "node_modules/@agentclientprotocol", name, "dist/index.js");
}

function commandOf(name: string) {
  return {
    acp_command: [process.execPath, fileOf(name)],
    acp_startup_timeout: 240,
    acp_isolate_data_dir: true,
  };
}
