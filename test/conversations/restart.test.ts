import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call, say, scriptedLlm } from "agent-server/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ConversationManager } from "../../src/conversations/conversation-manager.ts";
import { silentLogger } from "../../src/logger.ts";
import { createCipher } from "../../src/secrets/cipher.ts";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import type { Store } from "../../src/stores/store.ts";
import { ToolRegistry } from "../../src/tools/registry.ts";
import type { LlmConfig } from "../../src/wire/agent/llm-config.ts";
import {
  attach,
  type BenchOptions,
  echoTool,
  Gate,
  logOf,
  openManager,
  send,
  settled,
  start,
  until,
} from "./open-manager.ts";

let folder: string;
const opened: Store[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "conversations-"));
});
afterEach(async () => {
  await Promise.allSettled(opened.splice(0).map((store) => store.close()));
  await rm(folder, { recursive: true, force: true });
});

function open(options: BenchOptions = {}) {
  const store = sqliteStore({ path: join(folder, "server.db") });
  opened.push(store);
  return openManager({ ...options, store });
}

it("finds everything again: events, state, tags, title, figures, and goes on in the same prompt", async () => {
  const first = open({ steps: [call("echo", { text: "remember" }), say("One.")] });
  const id = await start(first.manager);
  const socket = await attach(first.manager, id);
  await send(first.manager, id, "first");
  await settled(socket);
  await (await first.manager.open(id)).update({ title: "Title", tags: { a: "b" } });
  await (await first.manager.open(id)).setConfirmationPolicy({
    kind: "ConfirmRisky",
    threshold: "HIGH",
    confirm_unknown: false,
  });
  const before = await first.manager.get(id);
  const log = await logOf(first.manager, id);
  await first.manager.close();
  await first.store.close();

  const second = open({ steps: [say("Two.")] });
  await second.manager.start();
  expect(await second.manager.get(id)).toEqual(before);
  expect(await logOf(second.manager, id)).toEqual(log);
  const again = await attach(second.manager, id);
  expect(again.story).toEqual(["full_state(finished)"]);
  await send(second.manager, id, "second");
  await settled(again);
  const prompt = second.llm.requests[0]?.messages ?? [];
  expect(prompt.map(({ role }) => role)).toEqual([
    "system",
    "user",
    "assistant",
    "tool",
    "assistant",
    "user",
  ]);
  expect((await logOf(second.manager, id)).filter(({ kind }) => kind === "SystemPromptEvent")).toHaveLength(
    1,
  );
  expect((await second.manager.get(id)).stats.usage_to_metrics?.default?.accumulated_cost).toBe(1.5);
});

it("a run cut by a crash is an error with every open action answered, and can go on", async () => {
  const gate = new Gate();
  const first = open({
    tools: new ToolRegistry([echoTool(gate)]),
    steps: [[call("echo"), call("echo", { text: "2" })]],
  });
  const id = await start(first.manager);
  await send(first.manager, id, "go");
  await gate.reached;
  // The process dies here, as far as the store can tell: nothing is written from now on.
  await first.store.close();

  const second = open({ steps: [say("Recovered.")] });
  await second.manager.start();
  expect((await second.manager.get(id)).execution_status).toBe("error");
  const log = await logOf(second.manager, id);
  const calls = log.filter(({ kind }) => kind === "ActionEvent").map((event) => event.tool_call_id);
  const answers = log.filter(({ kind }) => kind === "AgentErrorEvent").map((event) => event.tool_call_id);
  expect(calls).toHaveLength(2);
  expect(answers).toEqual(calls);
  await (await second.manager.open(id)).run();
  await until(async () => (await second.manager.get(id)).execution_status === "finished");
  expect(await second.manager.agentFinalResponse(id)).toBe("Recovered.");
});

it("keeps secrets that cannot be stored for as long as the process lives", async () => {
  const configs: LlmConfig[] = [];
  const llm = scriptedLlm(() => say("Done."));
  const { manager } = open({
    idleTtlSeconds: 0,
    createLlm: (config) => {
      configs.push(config);
      return llm;
    },
  });
  const id = await start(manager);
  for (const words of ["one", "two"]) {
    await runToEnd(manager, id, words);
    await manager.evictIdle();
  }
  expect(configs.map((config) => config.api_key)).toEqual(["sk-model", "sk-model"]);
});

it("leaves memory when idle and comes back when needed", async () => {
  const { manager, llm } = open({ idleTtlSeconds: 0, steps: [say("One."), say("Two.")] });
  const id = await start(manager);
  await runToEnd(manager, id, "one");
  await manager.evictIdle();
  await runToEnd(manager, id, "two");
  expect(await manager.agentFinalResponse(id)).toBe("Two.");
  expect(JSON.stringify(llm.requests[1]?.messages)).toContain("one");
});

it("keeps the events of a conversation in order when the clock was put back before the restart", async () => {
  const clockAt = (date: string) => ({ now: () => Date.parse(date), newId: () => crypto.randomUUID() });
  const first = open({ steps: [say("One.")], clock: clockAt("2030-01-01T00:00:00Z") });
  const id = await start(first.manager);
  await runToEnd(first.manager, id, "first");
  await first.manager.close();
  await first.store.close();

  const second = open({ steps: [say("Two.")], clock: clockAt("2026-01-01T00:00:00Z") });
  await runToEnd(second.manager, id, "second");
  const times = (await logOf(second.manager, id)).map((event) => String(event.timestamp));
  expect(times).toEqual(times.toSorted());
  expect(new Set(times).size).toBe(times.length);
  await second.manager.close();
});

describe("secrets at rest", () => {
  const key = createCipher("right");

  async function create(cipher: BenchOptions["cipher"]) {
    const first = open({ cipher });
    const id = await start(first.manager, {
      secrets: { TOKEN: { kind: "StaticSecret", value: "sk-token" } },
    });
    await (await first.manager.open(id)).setSecrets({
      LATER: { kind: "StaticSecret", value: "sk-later", description: null },
    });
    const info = await first.manager.get(id);
    await first.manager.close();
    await first.store.close();
    return { id, info };
  }

  /** What the conversation knows of its secrets after a restart. */
  async function reopen(id: string, cipher: BenchOptions["cipher"]) {
    const configs: LlmConfig[] = [];
    const warnings: string[] = [];
    const { manager, store } = open({
      cipher,
      createLlm: (config) => {
        configs.push(config);
        return scriptedLlm([say("Done.")]);
      },
      logger: { ...silentLogger, warn: (_, message) => warnings.push(message) },
    });
    await runToEnd(manager, id, "hi");
    const [record] = await store.conversations.find([id], ["secrets"]);
    const names = Object.keys(JSON.parse(record?.documents.secrets ?? "{}"));
    // Everything that holds secrets is written again under this key.
    await (await manager.open(id)).setSecrets({
      NEW: { kind: "StaticSecret", value: "sk-new", description: null },
    });
    await (await manager.open(id)).setSecurityAnalyzer({ kind: "LLMSecurityAnalyzer" });
    await manager.close();
    await store.close();
    return { apiKey: configs[0]?.api_key, warnings, names };
  }

  /** Everything that is stored of the conversation but its events. */
  async function stored(id: string): Promise<string> {
    const store = sqliteStore({ path: join(folder, "server.db") });
    const [record] = await store.conversations.find([id], ["agent", "secrets", "state"]);
    await store.close();
    return JSON.stringify(record?.documents);
  }

  it("are encrypted with a key and come back with it", async () => {
    const { id } = await create(key);
    expect(await stored(id)).toContain("gAAAAA");
    expect(await stored(id)).not.toMatch(/sk-(model|token|later)/);
    expect(await reopen(id, key)).toMatchObject({
      apiKey: "sk-model",
      names: ["TOKEN", "LATER"],
      warnings: [],
    });
  });

  it("are not stored without a key, and lost on restart", async () => {
    const { id, info } = await create(undefined);
    expect(await stored(id)).not.toMatch(/sk-(model|token|later)/);
    expect(info.secret_registry.secret_sources.TOKEN).toMatchObject({ value: null });
    expect(await reopen(id, undefined)).toMatchObject({ apiKey: null });
  });

  it("are null under another key, with a warning, and there again under the right one", async () => {
    const { id } = await create(key);
    const wrong = await reopen(id, createCipher("wrong"));
    expect(wrong).toMatchObject({ apiKey: null, warnings: [expect.stringContaining("Secrets are lost")] });
    const right = await reopen(id, key);
    expect(right).toMatchObject({ apiKey: "sk-model", names: ["TOKEN", "LATER", "NEW"] });
    expect(await stored(id)).toContain("gAAAAA");
  });

  it("of a request may come encrypted", async () => {
    const configs: LlmConfig[] = [];
    const llm = scriptedLlm([say("Done.")]);
    const { manager } = open({
      cipher: key,
      createLlm: (config) => {
        configs.push(config);
        return llm;
      },
    });
    const id = await start(manager, {
      secrets_encrypted: true,
      agent: { llm: { model: "m", api_key: key.encrypt("sk-sealed") } },
    });
    await runToEnd(manager, id, "hi");
    expect(configs[0]?.api_key).toBe("sk-sealed");
  });
});

/** Leaves no socket behind, which would keep the conversation in memory. */
async function runToEnd(manager: ConversationManager, id: string, words: string): Promise<void> {
  const socket = await attach(manager, id);
  await send(manager, id, words);
  await settled(socket);
  socket.close();
  await new Promise((resolve) => setTimeout(resolve, 0));
}
