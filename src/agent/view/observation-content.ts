import { type Content, text, textOf } from "../../wire/events/message.ts";
import type { Observation, TerminalObservation } from "../../wire/events/observations.ts";
import { truncateMiddle } from "./truncate-middle.ts";

/** Characters of text that one tool result may bring into the prompt. */
const MAX_TEXT = 50_000;
const ERROR_HEADER = "[An error occurred during execution.]\n";

/** An observation as the model reads it. */
export function observationContent(observation: Observation): Content[] {
  const body = isTerminal(observation) ? [text(terminalText(observation))] : observation.content;
  return bounded(observation.is_error ? [text(ERROR_HEADER), ...body] : [...body]);
}

function isTerminal(observation: Observation): observation is TerminalObservation {
  return observation.kind === "TerminalObservation";
}

/** The output between the tool's own remarks, then where the shell stands now. */
function terminalText(observation: TerminalObservation): string {
  const { prefix, suffix, working_dir, py_interpreter_path, exit_code } = observation.metadata;
  const lines = [prefix + textOf(observation.content) + suffix];
  if (working_dir) lines.push(`[Current working directory: ${working_dir}]`);
  if (py_interpreter_path) lines.push(`[Python interpreter: ${py_interpreter_path}]`);
  if (exit_code !== -1) lines.push(`[Command finished with exit code ${exit_code}]`);
  return lines.join("\n");
}

function bounded(content: Content[]): Content[] {
  const length = content.reduce((sum, part) => sum + (part.type === "text" ? part.text.length : 0), 0);
  if (length <= MAX_TEXT) return content;
  const images = content.filter((part) => part.type === "image");
  return [text(truncateMiddle(textOf(content), MAX_TEXT)), ...images];
}
