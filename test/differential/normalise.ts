import type { WireEvent } from "./client.ts";
import type { Outcome } from "./play.ts";
import { outlined, sectionsOf } from "./prompt-outline.ts";

/**
 * Words that are ours to choose, by the kind of object and the field they stand in; that there are words is compared.
 */
const OWN_WORDS: Record<string, readonly string[]> = {
  AgentErrorEvent: ["error"],
  ConversationErrorEvent: ["detail"],
  ServerErrorEvent: ["detail"],
  // Every tool and every part of its schema is described to the model in our own words.
  SystemPromptEvent: ["description"],
};

/** Sentences that the reference always says in the same words, and that clients know. */
const FIXED_WORDS = new Set([
  "Your LLM API key appears to be invalid or has expired.",
  "Agent reached maximum iterations limit (2).",
]);

/** Measured, so never the same twice. */
const MEASURED = new Set(["latency", "pid", "error_id", "uptime", "idle_time"]);

const UUID = /[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}/gi;
const LOCAL_TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?![\dZ+])/g;
const UTC_TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z/g;
const OFFSET_TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?\+00:00/g;
const ZONED_TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?([+-]\d\d:\d\d)/g;
/** The time at the beginning of a place in a list of bash events. */
const BASH_PAGE = /\b\d{20}_Bash/g;
/** Signed, and with the moment of its end. */
const SESSION_COOKIE = /oh_workspace_session_key=[\w.-]{40,}/g;
/** Each side has a script of its own at the model. */
const SIDE = /\/(?:ours|reference)-/g;

/** Told to a person's terminal by the line editor of the reference's shell, around every output. */
const BRACKETED_PASTE = new RegExp(`\\n?${String.fromCharCode(27)}\\[\\?2004[hl]`, "g");
/** Where each server keeps its conversations; the reference says so relative to the folder it runs in. */
const SERVER_FOLDER = /\/[^"\s]*\/agent-server-differential-\w+\/(?:ours|reference)\//g;

/**
 * The same text for the same thing on both servers. Ids are named after what they are the id of, times after their
 * form, and nothing else is touched but the words and measures above; null, absent and order all count.
 */
export function normalise(outcome: Outcome): Outcome {
  const names = new Map<string, string>([[bare(outcome.id), "conversation"]]);
  nameEvents(outcome.log, names);
  nameEvents(outcome.frames, names);
  const place = { names: within(names, "log"), field: "", words: [] };
  return {
    ...(walk({ ...outcome, answers: [] }, place) as Outcome),
    answers: outcome.answers.map((answer, index) => walk(answer, { ...place, names: within(names, index) })),
  } as Outcome;
}

/** `ActionEvent 2` is the second action, whatever stands before it: one event too many shows once. */
function nameEvents(events: readonly WireEvent[], names: Map<string, string>): void {
  const counts = new Map<string, number>();
  for (const event of events) {
    if (names.has(bare(event.id))) continue;
    const kind = event.key === undefined ? event.kind : `${event.kind} ${event.key}`;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    names.set(bare(event.id), `<${kind} ${count}>`);
  }
}

/** Ids are named after the answer that tells them first, so that one more or less changes no other name. */
function within(names: Map<string, string>, where: number | string): Names {
  let count = 0;
  return {
    nameOf(id) {
      const name = names.get(id) ?? `<id ${where}.${++count}>`;
      names.set(id, name);
      return name;
    },
  };
}

interface Names {
  nameOf(id: string): string;
}

interface Place {
  names: Names;
  field: string;
  words: readonly string[];
}

function walk(value: unknown, place: Place): unknown {
  if (typeof value === "string") return text(value, place.names);
  if (Array.isArray(value)) return value.map((item) => walk(item, place));
  if (typeof value !== "object" || value === null) return value;
  const { kind } = value as { kind?: unknown };
  const words = typeof kind === "string" ? [...place.words, ...(OWN_WORDS[kind] ?? [])] : place.words;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      text(key, place.names),
      field(key, item, { ...place, words }),
    ]),
  );
}

function field(key: string, value: unknown, place: Place): unknown {
  if (typeof value === "string" && key === "text") {
    const outline = place.field === "system_prompt" ? sectionsOf(value) : outlined(value);
    return text(outline, place.names);
  }
  if (typeof value === "string" && value !== "" && !FIXED_WORDS.has(value)) {
    if (place.words.includes(key) || place.words.includes(`${place.field}.${key}`)) return "<words>";
    if (isRefusalWord(key, value)) return "<words>";
    // JSON text: spaces and the order of its keys are no part of it.
    if (key === "arguments") return walk(parsed(value), { ...place, field: key });
  }
  if (MEASURED.has(key) && value !== null) return "<measured>";
  // Of a cost: the seconds since 1970.
  if (key === "timestamp" && typeof value === "number") return "<measured>";
  // A set: the reference writes it in any order.
  if (key === "forgotten_event_ids") return (walk(value, { ...place, field: key }) as string[]).toSorted();
  return walk(value, { ...place, field: key });
}

/** The sentence of a refused field and of a masked failure; its type and place are compared. */
function isRefusalWord(key: string, value: string): boolean {
  return key === "msg" || key === "exception" || (key === "error" && !value.startsWith("_"));
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function text(value: string, names: Names): string {
  return value
    .replace(BRACKETED_PASTE, "")
    .replace(SERVER_FOLDER, "")
    .replace(SIDE, "/")
    .replace(UUID, (id) => names.nameOf(bare(id)))
    .replace(BASH_PAGE, "<time>_Bash")
    .replace(SESSION_COOKIE, "oh_workspace_session_key=<signed>")
    .replace(UTC_TIME, "<time>Z")
    .replace(OFFSET_TIME, "<time>+00:00")
    .replace(ZONED_TIME, "<time>$1")
    .replace(LOCAL_TIME, "<local time>");
}

function bare(id: string): string {
  return id.replaceAll("-", "").toLowerCase();
}
