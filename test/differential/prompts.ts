import type { ModelRequest } from "./scripted-model.ts";

interface Prompt {
  stream?: boolean;
  tools?: { function: { name: string; parameters?: { properties?: object } } }[];
  messages?: Message[];
}

interface Message {
  role: string;
  content?: unknown;
  tool_calls?: { id: string; function: { name: string; arguments: string } }[];
  tool_call_id?: string;
}

/** What a model was asked, without the words that are each server's own: instructions and descriptions of tools. */
export function promptsOf(requests: readonly unknown[], words: readonly string[]): unknown[] {
  return (requests as Prompt[]).map(({ stream = false, tools = [], messages = [] }) => ({
    stream,
    tools: Object.fromEntries(
      tools.map(({ function: { name, parameters } }) => [
        name,
        Object.keys(parameters?.properties ?? {}).sort(),
      ]),
    ),
    messages: messages.map((message) => toCompare(message, words)),
  }));
}

function toCompare({ role, content, tool_calls, tool_call_id }: Message, words: readonly string[]): object {
  return {
    role,
    content: role === "system" ? "<words>" : withOwnWords(textsOf(content), words),
    tool_calls: tool_calls?.map(({ id, function: called }) => ({
      id,
      name: called.name,
      arguments: called.arguments,
    })),
    tool_call_id,
  };
}

/** A content is a text or a list of parts. */
function textsOf(content: unknown): unknown {
  if (!Array.isArray(content)) return content == null ? [] : [content];
  return content.map((part: { text?: string; type: string }) => part.text ?? `<${part.type}>`);
}

/** The same with the words of each message event replaced as in prompts. */
export function withOwnMessages<T>(value: T, words: readonly string[]): T {
  if (Array.isArray(value)) return value.map((item) => withOwnMessages<unknown>(item, words)) as T;
  if (typeof value !== "object" || value === null) return value;
  if ("kind" in value && value.kind === "MessageEvent") return withOwnWords(value, words) as T;
  const entries = Object.entries(value).map(([key, item]) => [key, withOwnMessages<unknown>(item, words)]);
  return Object.fromEntries(entries) as T;
}

/** Replaces each text that has more than one of the words by the names of those that it has. */
function withOwnWords(value: unknown, words: readonly string[]): unknown {
  if (typeof value === "string") {
    const held = words.filter((word) => value.includes(word));
    return held.length === 0 || held.includes(value) ? value : `<words around ${held.join(" | ")}>`;
  }
  if (Array.isArray(value)) return value.map((item) => withOwnWords(item, words));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withOwnWords(item, words)]));
}

/** Headers that say how a model is to answer, or for whom. */
const HEADERS = [
  "authorization",
  "x-api-key",
  "anthropic-beta",
  "x-litellm-session-id",
  "http-referer",
  "x-title",
];
/** Fields whose words are each server's own. */
const WORDS = new Set(["messages", "input", "instructions", "system", "tools"]);

/** How a model was asked: the fields of each request, and what is marked in its messages, without their words. */
export function fieldsOf(requests: readonly ModelRequest[], conversationId: string): unknown[] {
  const named = (value: unknown) => (value === conversationId ? "<conversation>" : value);
  return requests.map(({ path, headers, body }) => {
    const fields = Object.entries(body as Record<string, unknown>);
    return {
      path,
      headers: Object.fromEntries(
        HEADERS.flatMap((name) => (headers[name] === undefined ? [] : [[name, named(headers[name])]])),
      ),
      fields: Object.fromEntries(
        fields.filter(([name]) => !WORDS.has(name)).map(([name, value]) => [name, named(value)]),
      ),
      words: Object.fromEntries(
        fields
          .filter(([name]) => WORDS.has(name) && name !== "tools")
          .map(([name, value]) => [name, formOf(value)]),
      ),
    };
  });
}

/** The form of a message or a part: its type, role and marks; texts become the word that they are one. */
function formOf(value: unknown): unknown {
  if (typeof value === "string") return "<text>";
  if (Array.isArray(value)) return value.map(formOf);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([name]) =>
    ["role", "type", "content", "cache_control", "tool_use_id", "tool_call_id", "output"].includes(name),
  );
  return Object.fromEntries(
    kept.map(([name, part]) => [name, name === "content" || name === "output" ? formOf(part) : part]),
  );
}
