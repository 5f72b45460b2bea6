import { type Content, text, textOf } from "../../wire/events/message.ts";
import type { Observation, TaskObservation, TerminalObservation } from "../../wire/events/observations.ts";

/** Maximum number of characters of text that one tool result adds to the prompt. */
const MAX_TEXT = 50_000;
/** How images of these types begin in Base64. */
const IMAGE_TYPES = [
  ["/9j/", "image/jpeg"],
  ["iVBORw0KGgo", "image/png"],
  ["R0lGODlh", "image/gif"],
  ["UklGR", "image/webp"],
] as const;
const ERROR_HEADER = "[An error occurred during execution.]\n";
const OMISSION = "\n[… the middle of this output was left out because it is too long …]\n";

/** Converts an observation to what the model reads. */
export function observationContent(observation: Observation): Content[] {
  const body = isTerminal(observation) ? [text(terminalText(observation))] : observation.content;
  const head = isTask(observation) ? [text(taskText(observation))] : [];
  return bounded([
    ...head,
    ...(observation.is_error ? [text(ERROR_HEADER)] : []),
    ...body,
    ...screenshotOf(observation),
  ]);
}

/** The picture that a browser took, as an image. Clients find it in a separate field. */
function screenshotOf(observation: Observation): Content[] {
  if (observation.kind !== "BrowserObservation") return [];
  const data = "screenshot_data" in observation ? observation.screenshot_data : null;
  if (typeof data !== "string" || data === "") return [];
  const type = IMAGE_TYPES.find(([start]) => data.startsWith(start))?.[1] ?? "image/png";
  return [{ type: "image", cache_prompt: false, image_urls: [`data:${type};base64,${data}`] }];
}

/** Cuts the middle out of content whose texts together exceed `MAX_TEXT`: both ends say more than either alone. */
export function bounded(content: Content[]): Content[] {
  const length = content.reduce((sum, part) => sum + (part.type === "text" ? part.text.length : 0), 0);
  if (length <= MAX_TEXT) return content;
  const images = content.filter((part) => part.type === "image");
  return [text(withoutMiddle(textOf(content))), ...images];
}

function withoutMiddle(long: string): string {
  const kept = MAX_TEXT - OMISSION.length;
  const head = Math.ceil(kept / 2);
  return long.slice(0, head) + OMISSION + long.slice(head - kept);
}

function isTerminal(observation: Observation): observation is TerminalObservation {
  return observation.kind === "TerminalObservation";
}

function isTask(observation: Observation): observation is TaskObservation {
  return observation.kind === "TaskObservation";
}

/** The id is needed to resume the task. */
function taskText({ task_id, subagent, status }: TaskObservation): string {
  return `Task ID: ${task_id}\nSubagent: ${subagent}\nStatus: ${status}\n`;
}

/** Puts the output between the remarks of the tool, then adds the state of the shell. */
function terminalText(observation: TerminalObservation): string {
  const { prefix, suffix, working_dir, py_interpreter_path, exit_code } = observation.metadata;
  const lines = [prefix + textOf(observation.content) + suffix];
  if (working_dir) lines.push(`[Current working directory: ${working_dir}]`);
  if (py_interpreter_path) lines.push(`[Python interpreter: ${py_interpreter_path}]`);
  if (exit_code !== -1) lines.push(`[Command finished with exit code ${exit_code}]`);
  return lines.join("\n");
}
