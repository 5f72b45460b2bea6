import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Llm, LlmConfig, LlmRequest, ServerOptions } from "agent-server";
import { say, scriptedLlm } from "agent-server/testing";
import { expect, onTestFinished, vi } from "vitest";
import { type Ask, openServer } from "../../../routes/settings/open-server.ts";

/** One of the events of a conversation. */
// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever came
type Seen = any;

/** A server with models, each saved under an LLM profile of its name, and the folder of its agents. */
export interface WithModels {
  ask: Ask;
  folder: string;
  /** The configurations of which a model was made, oldest first. */
  created: LlmConfig[];
}

/** Opens a server whose models are those of a table. Each but `first` is saved as `openai/<name>` under its name. */
export async function withModels(
  models: Readonly<Record<string, Llm>>,
  options: Partial<ServerOptions> = {},
): Promise<WithModels> {
  const folder = await mkdtemp(join(tmpdir(), "agent-server-models-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const created: LlmConfig[] = [];
  const ask = openServer({
    secretKey: "secret",
    conversationsPath: join(folder, "conversations"),
    createLlm(config) {
      created.push(config);
      return models[config.model.replace(/^openai\//, "")];
    },
    ...options,
  });
  for (const name of Object.keys(models)) {
    if (name === "first") continue;
    const llm = { model: `openai/${name}`, api_key: `sk-${name}`, base_url: "http://127.0.0.1:9/v1" };
    expect((await ask("POST", `/api/profiles/${name}`, { llm, include_secrets: true })).status).toBe(201);
  }
  return { ask, folder, created };
}

/** Starts an agent with the model `first`. */
export async function start(
  { ask, folder }: Pick<WithModels, "ask" | "folder">,
  agent: object = {},
  more: object = {},
): Promise<string> {
  const { body, status } = await ask("POST", "/api/conversations", {
    agent: { llm: { model: "openai/first", api_key: "sk-first" }, tools: [], ...agent },
    autotitle: false,
    workspace: { working_dir: join(folder, "work") },
    ...more,
  });
  expect([status, body.detail]).toEqual([201, undefined]);
  return body.id;
}

/** Sends a message and waits for the end of its run. Resolves with the events. */
export async function talk(
  ask: Ask,
  id: string,
  content: readonly object[] = [{ type: "text", text: "Go." }],
): Promise<Seen[]> {
  await ask("POST", `/api/conversations/${id}/events`, { role: "user", content, run: true });
  await settled(ask, id);
  return eventsOf(ask, id);
}

/** Waits until no run is active. */
export async function settled(ask: Ask, id: string): Promise<void> {
  await vi.waitFor(
    async () => {
      const { body } = await ask("GET", `/api/conversations/${id}`);
      expect(body.execution_status).not.toMatch(/running|idle/);
    },
    { timeout: 30_000 },
  );
}

export async function eventsOf(ask: Ask, id: string): Promise<Seen[]> {
  return (await ask("GET", `/api/conversations/${id}/events/search?limit=100`)).body.items;
}

/** The observations of a log, in order. */
export function observations(events: readonly Seen[]): Seen[] {
  return events.flatMap(({ kind, observation }) => (kind === "ObservationEvent" ? [observation] : []));
}

/** The model of the agent, and what each account has used, by its cost. */
export async function modelAndCosts(ask: Ask, id: string): Promise<{ model: string; costs: object }> {
  const { body } = await ask("GET", `/api/conversations/${id}`);
  const accounts = Object.entries<Seen>(body.stats.usage_to_metrics);
  return {
    model: body.agent.llm.model,
    costs: Object.fromEntries(accounts.map(([name, { accumulated_cost: cost }]) => [name, cost])),
  };
}

/** A model that says its name, whatever it is asked. */
export function sayer(name: string): Llm & { requests: readonly LlmRequest[] } {
  return scriptedLlm(() => say(name));
}

/** The words of a request, a line for each message. */
export function wordsOf({ messages }: LlmRequest): string[] {
  return messages.map(({ role, content }) => {
    const parts = content.map((part) => (part.type === "text" ? part.text : `<${part.image_urls.join()}>`));
    return `${role}: ${parts.join(" ")}`;
  });
}
