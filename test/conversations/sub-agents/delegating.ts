import type { Event } from "agent-server";
import {
  createTestServer,
  type ScriptedLlm,
  scriptedLlm,
  type TestServer,
  type TestServerOptions,
} from "agent-server/testing";
import { expect } from "vitest";
import type { LlmRequest } from "../../../src/llm/llm.ts";
import type { Step } from "../../../src/testing/scripted-llm/llm-script.ts";
import { readableText } from "../../../src/wire/events/message.ts";

/** Words by which a prompt is known for that of a sub-agent: every one of these tests begins its task with them. */
export const MARK = "Subtask";

/** Answers by what a prompt is about: a function of the number of replies that it has. */
export type Answers = (turn: number, request: LlmRequest) => Step<LlmRequest> | Promise<Step<LlmRequest>>;

/** The first message of the user in a prompt. */
export function taskOf({ messages }: LlmRequest): string {
  return readableText(messages.find(({ role }) => role === "user")?.content ?? []);
}

/** The text of a whole prompt but for its system message. */
export function promptText({ messages }: LlmRequest): string {
  return messages
    .filter(({ role }) => role !== "system")
    .map(({ content }) => readableText(content))
    .join("\n");
}

/** A model for a conversation and its sub-agents. Sub-agents are known by the words that their task begins with. */
export function twoModels(parent: Answers, child: Answers, cost = 0): ScriptedLlm {
  return scriptedLlm(
    (request: LlmRequest) => {
      const turn = request.messages.filter(({ role }) => role === "assistant").length;
      return (taskOf(request).startsWith(MARK) ? child : parent)(turn, request);
    },
    { cost },
  );
}

/** A server whose agents may give tasks. */
export function delegatingServer(options: TestServerOptions): Promise<TestServer> {
  return createTestServer({ tools: ["task_tool_set"], ...options });
}

/** Reads the ids of sub-agents of a conversation by that of their task. */
export async function subAgentsOf(server: TestServer, id: string): Promise<Record<string, string>> {
  const { agent_state } = await server.conversations.get(id);
  return (agent_state.sub_agents ?? {}) as Record<string, string>;
}

/** Waits until a conversation has this status. */
export async function untilStatus(server: TestServer, id: string, status: string): Promise<void> {
  await expect.poll(async () => (await server.conversations.get(id)).execution_status).toBe(status);
}

/** Reads the events of a conversation over HTTP. */
export async function eventsOf(server: TestServer, id: string): Promise<Event[]> {
  const path = `/api/conversations/${id}/events/search?limit=100`;
  const response = await server.fetch(new Request(`http://localhost${path}`));
  return ((await response.json()) as { items: Event[] }).items;
}

/** Keeps the first who come until there are so many of them. Whoever comes later goes on at once. */
export function gathering(size: number): () => Promise<void> {
  const whole = Promise.withResolvers<void>();
  let count = 0;
  return async () => {
    count += 1;
    if (count === size) whole.resolve();
    if (count <= size) await whole.promise;
  };
}
