import { asObject, isObject } from "../is-object.ts";
import type { LoggedEvent } from "./logged-event.ts";

/** How a call has ended. */
export interface Outcome {
  isGood: boolean;
  words: string;
}

/** The value if it is text, else none. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The words of a message, or those that come before a call. */
export function agentWords({ llm_message: message, thought }: LoggedEvent): string {
  return partsText(thought ?? asObject(message).content);
}

/** A call in a few words: the tool, then the arguments that say most. */
export function callLine({ tool_name: name, action, tool_call: call }: LoggedEvent): string {
  const fields = asObject(action);
  const { command, path, file_path: file, pattern } = fields;
  const telling = [command, path, file, pattern].filter((value) => typeof value === "string");
  if (telling.length > 0) return `${textOf(name)} ${telling.join(" ")}`;
  if (!isObject(action)) return `${textOf(name)} ${textOf(asObject(call).arguments)}`;
  const rest = Object.entries(fields).filter(([key, value]) => key !== "kind" && value !== null);
  return `${textOf(name)} ${rest.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(" ")}`;
}

/** The result of a call in a few words: its exit code, or the first line of what went wrong, or how much it returned. */
export function outcomeOf(observation: LoggedEvent): Outcome {
  const text = partsText(observation.content).trim();
  const { exit_code: code = asObject(observation.metadata).exit_code } = observation;
  const lines = text === "" ? 0 : text.split("\n").length;
  const size = `${lines} line${lines === 1 ? "" : "s"}`;
  if (typeof code === "number") return { isGood: code === 0, words: `exit ${code}, ${size}` };
  if (observation.is_error === true) return { isGood: false, words: text.split("\n", 1)[0] ?? "" };
  return { isGood: true, words: size };
}

/** The words of events that say that something went wrong. undefined for all others. */
export function errorOf(event: LoggedEvent): string | undefined {
  switch (event.kind) {
    case "ConversationErrorEvent":
    case "ServerErrorEvent":
      return `${textOf(event.code)}: ${textOf(event.detail)}`;
    case "HookExecutionEvent":
      return event.blocked === true ? `blocked by a hook: ${textOf(event.reason)}` : undefined;
    default:
      return undefined;
  }
}

function partsText(parts: unknown): string {
  if (!Array.isArray(parts)) return "";
  return parts.map((part) => textOf(asObject(part).text)).join("\n");
}
