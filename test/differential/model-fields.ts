import type { ModelRequest } from "./scripted-model.ts";

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
