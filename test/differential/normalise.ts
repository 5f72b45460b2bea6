import type { WireEvent } from "./client.ts";

/** Fields whose values are machine, time or wording, not protocol. */
const DROPPED = new Set([
  "timestamp",
  "created_at",
  "updated_at",
  "system_prompt",
  "dynamic_context",
  "description",
  "persistence_dir",
  "latency",
  "current_datetime",
  "metadata",
  "base_url",
  "annotations",
]);

/** The same text for the same thing on both servers: ids in order of appearance, JSON texts parsed, wording of errors out. */
export function normalise(events: readonly WireEvent[]): unknown[] {
  const names = new Map<string, string>();
  return events.filter((event) => event.key !== "stats").map((event) => walk(event, names));
}

function walk(value: unknown, names: Map<string, string>): unknown {
  if (typeof value === "string") return text(value, names);
  if (Array.isArray(value)) return value.map((item) => walk(item, names));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key, item]) => !DROPPED.has(key) && item !== null);
  return Object.fromEntries(
    entries.sort(([a], [b]) => a.localeCompare(b)).map(([key, item]) => [key, field(key, item, names)]),
  );
}

function field(key: string, value: unknown, names: Map<string, string>): unknown {
  if (key === "arguments" && typeof value === "string") return walk(parsed(value), names);
  return walk(value, names);
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

const UUID = /[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}/g;

function text(value: string, names: Map<string, string>): string {
  return value.replace(UUID, (id) => {
    const known = names.get(id) ?? `#${names.size + 1}`;
    names.set(id, known);
    return known;
  });
}
