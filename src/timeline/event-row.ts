import { asObject, isObject } from "../is-object.ts";
import { agentWords, callLine, errorOf, textOf } from "./event-words.ts";
import type { LoggedEvent } from "./logged-event.ts";
import type { Part, Row, RowLimits, RowLook } from "./row.ts";
import { contentText, jsonPart, textPart } from "./row-parts.ts";
import { clipped, oneLine } from "./visible-text.ts";

/** Characters of a title. */
const MAX_TITLE = 240;
/** Characters of an id or a time: those of this server are shorter. */
const MAX_NAME = 80;

/** Changes of the state that other rows show, or that say nothing to people. */
const UNSHOWN_KEYS: ReadonlySet<string> = new Set([
  ...["full_state", "stats", "last_user_message_id", "leaf_event_id", "head_is_empty", "agent_state"],
  ...["activated_knowledge_skills", "activated_path_rules", "invoked_skills"],
]);

/** Calls whose arguments are words of the agent. */
const SPOKEN: Readonly<Record<string, string>> = { finish: "message", think: "thought" };

type About = Pick<Row, "look" | "title"> & Partial<Pick<Row, "words" | "parts" | "outcome">>;

/** The row that an event begins. Undefined for one that shows in other rows, or not at all. */
export function rowOf(event: LoggedEvent, limits: RowLimits): Row | undefined {
  const about = aboutOf(event, limits);
  if (about === undefined) return undefined;
  const { words = "", parts = [], ...rest } = about;
  return {
    id: nameOf(event.id),
    at: nameOf(event.timestamp),
    ...rest,
    title: oneLine(about.title, MAX_TITLE),
    ...(words.trim() !== "" && { words: clipped(words.trim(), limits.text) }),
    parts,
    spans: [],
  };
}

/** An id, a name or a time of an event, as far as it is one. */
export function nameOf(value: unknown): string {
  return oneLine(textOf(value), MAX_NAME);
}

function aboutOf(event: LoggedEvent, limits: RowLimits): About | undefined {
  switch (event.kind) {
    case "SystemPromptEvent":
      return aboutPrompt(event, limits);
    case "MessageEvent":
      return aboutMessage(event, limits);
    case "ActionEvent":
      return aboutCall(event, limits);
    case "ACPToolCallEvent":
      return { look: "call", title: textOf(event.title), parts: jsonPart("Input", event.raw_input, limits) };
    case "ConversationStateUpdateEvent":
      return aboutUpdate(event, limits);
    case "ConversationErrorEvent":
    case "ServerErrorEvent":
      return { look: "error", title: textOf(event.code), words: textOf(event.detail) };
    case "PauseEvent":
      return note("Paused by the user");
    case "InterruptEvent":
      return note("Interrupted by the user");
    case "CondensationRequest":
      return note("A condensation was asked for");
    case "Condensation":
      return aboutCondensation(event, limits);
    case "HookExecutionEvent":
      return aboutHook(event, limits);
    case "LLMCompletionLogEvent":
      return note(
        `Log of a call of ${textOf(event.model_name)}`,
        textPart("Log", textOf(event.log_data), limits),
      );
    case "SecurityAnalysisEvent":
    case "StreamingDeltaEvent":
      return undefined;
    default:
      return note(textOf(event.kind) || "An event without a kind", jsonPart("Event", event, limits));
  }
}

function note(title: string, parts: Part[] = []): About {
  return { look: "note", title, parts };
}

function aboutPrompt(event: LoggedEvent, limits: RowLimits): About {
  const tools = Array.isArray(event.tools) ? event.tools : [];
  const names = tools.map((tool) => textOf(asObject(tool).title) || textOf(asObject(tool).name));
  return note(`System prompt, ${tools.length} tools`, [
    ...textPart("Prompt", textOf(asObject(event.system_prompt).text), limits),
    ...textPart("Context", textOf(asObject(event.dynamic_context).text), limits),
    ...textPart("Tools", names.filter((name) => name !== "").join("\n"), limits),
  ]);
}

function aboutMessage(event: LoggedEvent, limits: RowLimits): About {
  const { source, sender, activated_skills: skills } = event;
  const message = asObject(event.llm_message);
  const look: RowLook = source === "user" ? "user" : source === "agent" ? "agent" : "note";
  const title = textOf(sender) || textOf(source);
  return {
    look,
    title: title.charAt(0).toUpperCase() + title.slice(1),
    words: contentText(message.content),
    parts: [
      ...textPart("Reasoning", textOf(message.reasoning_content), limits),
      ...textPart("Added for the model", contentText(event.extended_content), limits),
      ...textPart("Skills", Array.isArray(skills) ? skills.map(String).join("\n") : "", limits),
    ],
  };
}

function aboutCall(event: LoggedEvent, limits: RowLimits): About {
  const action = asObject(event.action);
  const thought = agentWords(event);
  const parts = textPart("Reasoning", textOf(event.reasoning_content), limits);
  const spoken = Object.hasOwn(SPOKEN, String(event.tool_name)) ? SPOKEN[String(event.tool_name)] : undefined;
  if (spoken !== undefined && isObject(event.action)) {
    const words = [thought, textOf(action[spoken])].filter((text) => text !== "").join("\n\n");
    return { look: event.tool_name === "finish" ? "agent" : "note", title: finalTitle(event), words, parts };
  }
  const { kind: _, ...fields } = action;
  const given = isObject(event.action) ? fields : textOf(asObject(event.tool_call).arguments);
  return {
    look: "call",
    title: callLine(event),
    words: thought,
    parts: [...parts, ...jsonPart("Arguments", given, limits)],
  };
}

function finalTitle({ tool_name: name }: LoggedEvent): string {
  return name === "finish" ? "Agent, finished" : "Agent, thinking";
}

function aboutUpdate({ key, value }: LoggedEvent, limits: RowLimits): About | undefined {
  if (key === "execution_status") return { look: "state", title: statusWords(value) };
  if (UNSHOWN_KEYS.has(String(key))) return undefined;
  return note(`Changed: ${textOf(key)}`, jsonPart("Value", value, limits));
}

/** A status as people read it: `waiting for confirmation`. */
export function statusWords(status: unknown): string {
  return nameOf(status).replaceAll("_", " ");
}

function aboutCondensation(event: LoggedEvent, limits: RowLimits): About {
  const { forgotten_event_ids: forgotten, summary } = event;
  const count = Array.isArray(forgotten) ? forgotten.length : 0;
  return note(
    `Condensed: ${count} events left the prompt`,
    textPart("Summary in their place", textOf(summary), limits),
  );
}

function aboutHook(event: LoggedEvent, limits: RowLimits): About {
  const refusal = errorOf(event);
  const error = textOf(event.error);
  const title = `Hook ${textOf(event.hook_event_type)}: ${textOf(event.hook_command)}`;
  return {
    look: refusal !== undefined || error !== "" ? "error" : "note",
    title,
    words: [refusal ?? "", error].filter((text) => text !== "").join("\n"),
    parts: [
      ...textPart("Output", textOf(event.stdout), limits),
      ...textPart("Errors", textOf(event.stderr), limits),
    ],
  };
}
