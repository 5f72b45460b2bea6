import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * A data folder as a server of the reference leaves it, written by hand: nothing here is made by the code under test.
 */
export interface ReferenceFolder {
  path: string;
  /** Writes a file below the folder, as JSON unless it is a text. */
  write(path: string, content: unknown): void;
  /** Writes a conversation, and gives its id. */
  conversation(options?: ConversationOptions): string;
}

interface ConversationOptions {
  index?: number;
  events?: number;
  /** As they stand in the files. */
  apiKey?: string;
  token?: string;
  base?: object;
  meta?: object;
}

export function referenceFolder(path: string): ReferenceFolder {
  const write = (name: string, content: unknown) => {
    const file = join(path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  };
  return {
    path,
    write,
    conversation: (options = {}) => {
      const hex = hexOf(options.index ?? 1);
      const folder = `conversations/${hex}`;
      write(`${folder}/meta.json`, meta(hex, options, path));
      write(`${folder}/base_state.json`, baseState(hex, options, path));
      write(`${folder}/events/.eventlog-len-3.marker`, "");
      for (let seq = 0; seq < (options.events ?? 3); seq += 1) {
        write(`${folder}/events/${eventName(seq)}`, event(seq));
      }
      return dashed(hex);
    },
  };
}

export function hexOf(index: number): string {
  return String(index).padStart(32, "0");
}

export function eventId(seq: number): string {
  return dashed(`e${String(seq).padStart(31, "0")}`);
}

export function eventName(seq: number): string {
  return `event-${String(seq).padStart(5, "0")}-${eventId(seq)}.json`;
}

/** A message of the user, then one of the agent, and so on. Numbers are written as Python writes them. */
export function event(seq: number): string {
  const source = seq % 2 === 0 ? "user" : "agent";
  const role = seq % 2 === 0 ? "user" : "assistant";
  const at = `2026-03-01T10:00:00.${String(seq).padStart(6, "0")}`;
  const parent = seq === 0 ? "" : `"parent_id":"${eventId(seq - 1)}",`;
  const message = `{"role":"${role}","content":[{"cache_prompt":false,"type":"text","text":"Message ${seq} \\u00fc"}],"thinking_blocks":[]}`;
  return (
    `{"id":"${eventId(seq)}","timestamp":"${at}","source":"${source}",${parent}"llm_message":${message},` +
    `"activated_skills":[],"extended_content":[],"critic_result":{"score":1.0,"message":"m"},"kind":"MessageEvent"}`
  );
}

function meta(hex: string, { token, index = 1, meta: more }: ConversationOptions, path: string): object {
  return {
    workspace: { working_dir: join(path, "project"), kind: "LocalWorkspace" },
    conversation_id: null,
    parent_conversation_id: null,
    confirmation_policy: { kind: "NeverConfirm" },
    security_analyzer: null,
    initial_message: null,
    max_iterations: 77,
    stuck_detection: true,
    secrets: token === undefined ? {} : { TOKEN: { description: null, value: token, kind: "StaticSecret" } },
    secrets_encrypted: false,
    tags: { origin: "meta" },
    id: hex,
    title: `Tale ${index}`,
    metrics: null,
    created_at: `2026-03-0${(index % 9) + 1}T09:00:00Z`,
    updated_at: "2026-03-11T10:00:00.000123Z",
    launched_agent_profile: null,
    ...more,
  };
}

function baseState(hex: string, { apiKey, base, events = 3 }: ConversationOptions, path: string): object {
  return {
    id: dashed(hex),
    agent: {
      llm: { model: "demo/tour", usage_id: "agent", ...(apiKey !== undefined && { api_key: apiKey }) },
      tools: [{ name: "terminal", params: {} }],
      kind: "Agent",
    },
    workspace: { working_dir: join(path, "project"), kind: "LocalWorkspace" },
    persistence_dir: join(path, "conversations", hex),
    max_iterations: 77,
    execution_status: "finished",
    confirmation_policy: { kind: "NeverConfirm" },
    leaf_event_id: eventId(events - 1),
    head_is_empty: false,
    stats: { usage_to_metrics: {} },
    secret_registry: { secret_sources: {} },
    tags: { origin: "reference" },
    agent_state: {},
    ...base,
  };
}

function dashed(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
