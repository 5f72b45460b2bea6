import { isSecretName } from "../../secrets/secret-names.ts";

const SECRET_CONTAINER = /^(environment|env|headers)$/i;
/** The field that holds a secret in sources of secrets, in bodies that set one and in tokens of MCP servers. */
const VALUE = "value";
const REDACTED = "<redacted>";

/** Limits on the parts of a request that a refusal repeats. */
const MAX_DEPTH = 32;
const MAX_ENTRIES = 2_000;
const MAX_STRING = 4_096;

/**
 * Removes what may be secret from the part of a request that a validation error shows: values under names such as
 * `api_key`, and everything in `env`, `environment` and `headers`. `path` leads from the whole input to the part.
 */
export function redactInput(value: unknown, path: readonly PropertyKey[] = []): unknown {
  const names = path.filter((part) => typeof part === "string");
  if (names.some((name) => hidesValue(name) || SECRET_CONTAINER.test(name))) return redactLeaves(value);
  return redact(value, { depth: 0, entries: { left: MAX_ENTRIES } });
}

interface Budget {
  depth: number;
  entries: { left: number };
}

function redact(value: unknown, budget: Budget): unknown {
  if (typeof value === "string") return shorten(value);
  if (typeof value !== "object" || value === null) return value;
  if (budget.depth >= MAX_DEPTH || budget.entries.left <= 0) return "<left out>";
  budget.entries.left -= Object.keys(value).length;
  const inner = { ...budget, depth: budget.depth + 1 };
  if (Array.isArray(value)) return value.slice(0, MAX_ENTRIES).map((entry) => redact(entry, inner));
  const entries = Object.entries(value).slice(0, MAX_ENTRIES);
  return Object.fromEntries(entries.map(([name, entry]) => [name, redactEntry(name, entry, inner)]));
}

function redactEntry(name: string, value: unknown, budget: Budget): unknown {
  if (SECRET_CONTAINER.test(name)) return redactLeaves(value);
  return hidesValue(name) ? REDACTED : redact(value, budget);
}

function hidesValue(name: string): boolean {
  return name === VALUE || isSecretName(name);
}

/** Keeps the names of an object or the length of a list, one level deep. */
function redactLeaves(value: unknown): unknown {
  if (value === null || value === undefined) return value ?? null;
  if (Array.isArray(value)) return value.slice(0, MAX_ENTRIES).map(() => REDACTED);
  if (typeof value !== "object") return REDACTED;
  const names = Object.keys(value).slice(0, MAX_ENTRIES);
  return Object.fromEntries(names.map((name) => [name, REDACTED]));
}

/** Truncates text to the length that a refusal may repeat. */
export function shorten(text: string): string {
  return text.length <= MAX_STRING ? text : `${text.slice(0, MAX_STRING)}…`;
}
