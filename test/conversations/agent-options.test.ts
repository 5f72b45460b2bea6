import { call } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import type { TextContent } from "../../src/wire/events/message.ts";
import { attach, logOf, openManager, send, settled, start, until } from "./open-manager.ts";

function agent(fields: Record<string, unknown>) {
  return { agent: { llm: { model: "scripted" }, tools: [{ name: "echo" }], ...fields } };
}

async function promptOf(
  bench: ReturnType<typeof openManager>,
  fields: Record<string, unknown>,
): Promise<string> {
  const id = await start(bench.manager, agent(fields));
  await send(bench.manager, id, "Hello.", false);
  const prompt = (await logOf(bench.manager, id)).find(({ kind }) => kind === "SystemPromptEvent");
  return prompt?.kind === "SystemPromptEvent" ? (prompt.system_prompt as TextContent).text : "";
}

describe("security_policy_filename", () => {
  it("brings the text of a file below the working folder into the prompt", async () => {
    const bench = openManager({ files: { "/project/policy.md": "Never touch the moon." } });
    expect(await promptOf(bench, { security_policy_filename: "policy.md" })).toContain(
      "Never touch the moon.",
    );
  });

  it("is refused when the file does not exist", async () => {
    const { manager, prepared } = openManager();
    await expect(start(manager, agent({ security_policy_filename: "policy.md" }))).rejects.toMatchObject({
      status: 422,
      detail: "security_policy_filename: /project/policy.md: no such file or directory",
    });
    expect(prepared).toEqual([]);
  });
});

it("a prompt template of one's own is refused, unless the agent has its prompt as text", async () => {
  const { manager, prepared } = openManager();
  await expect(start(manager, agent({ system_prompt_filename: "mine.j2" }))).rejects.toMatchObject({
    status: 422,
    detail: expect.stringMatching(/^agent\.system_prompt_filename: asks for the template mine\.j2, /),
  });
  expect(prepared).toEqual([]);
});

describe("user_message_suffix", () => {
  async function messageWith(suffix: string | null) {
    const { manager, llm } = openManager();
    const id = await start(manager, agent({ agent_context: { user_message_suffix: suffix } }));
    await send(manager, id, "Hello.");
    await until(() => llm.requests.length > 0);
    const message = (await logOf(manager, id)).find(({ source }) => source === "user");
    return { message, prompt: llm.requests[0]?.messages.at(-1)?.content };
  }

  it("follows each message of the user in the prompt, and stands beside the user's words in the log", async () => {
    const { message, prompt } = await messageWith("  Answer in French.\n");
    expect(message).toMatchObject({
      llm_message: { content: [{ text: "Hello." }] },
      extended_content: [{ type: "text", text: "Answer in French." }],
    });
    expect(prompt).toMatchObject([{ text: "Hello." }, { text: "Answer in French." }]);
  });

  it.each([null, "", "  \n"])("adds nothing when it says nothing: %j", async (suffix) => {
    expect((await messageWith(suffix)).message).toMatchObject({ extended_content: [] });
  });
});

describe("stuck_detection_thresholds", () => {
  const SAME = call("echo", { text: "again" });

  async function callsUntilStuck(thresholds: unknown): Promise<number> {
    const { manager, llm } = openManager({ steps: () => SAME });
    const id = await start(manager, { stuck_detection_thresholds: thresholds });
    const socket = await attach(manager, id);
    await send(manager, id, "Go round in circles.");
    await settled(socket);
    expect((await manager.get(id)).execution_status).toBe("stuck");
    return llm.requests.length;
  }

  it.each([
    ["nothing", undefined, 4],
    ["fewer", { action_observation: 2 }, 2],
    ["more than the usual window holds", { action_observation: 15, alternating_pattern: 50 }, 15],
    ["nonsense, which is left aside", { action_observation: -3, monologue: "x" }, 4],
    ["no object, which is left aside", "five", 4],
  ])("asked for %s", async (_what, thresholds, calls) => {
    expect(await callsUntilStuck(thresholds)).toBe(calls);
  });

  it("outlive a restart", async () => {
    const { manager, store } = openManager();
    const id = await start(manager, { stuck_detection_thresholds: { action_observation: 2 } });
    const again = openManager({ store, steps: () => SAME });
    await send(again.manager, id, "Go round in circles.");
    await until(async () => (await again.manager.get(id)).execution_status === "stuck");
    expect(again.llm.requests).toHaveLength(2);
  });
});

describe("deleting a conversation", () => {
  it("removes its files", async () => {
    const { manager, removed } = openManager();
    const id = await start(manager);
    await manager.delete(id);
    expect(removed).toEqual([`/nowhere/${id}`]);
  });

  it("happens in the store first: a crash before the files are gone brings nothing back", async () => {
    const { manager, store } = openManager();
    const id = await start(manager);
    let known: unknown;
    const removing = openManager({
      store,
      removeFolder: async () => {
        known = await store.conversations.find([id], []);
      },
    });
    await removing.manager.delete(id);
    expect(known).toEqual([]);
  });

  it("succeeds even when they cannot be removed", async () => {
    const { manager } = openManager({
      removeFolder: async () => {
        throw new Error("not allowed");
      },
    });
    const id = await start(manager);
    await manager.delete(id);
    await expect(manager.get(id)).rejects.toThrow();
  });

  it("does not open it again for those who ask meanwhile", async () => {
    const { manager, store } = openManager();
    const id = await start(manager);
    await send(manager, id, "Hello.", false);
    const deleting = manager.delete(id);
    const others = Array.from({ length: 20 }, async (_, index) => {
      for (let turn = 0; turn < index; turn += 1) await Promise.resolve();
      await send(manager, id, "Are you there?", false);
    });
    await Promise.allSettled(others);
    await deleting;
    await expect(send(manager, id, "And now?", false)).rejects.toMatchObject({ status: 404 });
    expect(await store.conversations.find([id], [])).toEqual([]);
  });
});
