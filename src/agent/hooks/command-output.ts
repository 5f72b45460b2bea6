import { isObject } from "../../is-object.ts";
import { jsonText } from "../../json-text.ts";

/** The answer of a command, as JSON on its standard output. */
export interface CommandAnswer {
  blocked: boolean;
  reason: string | null;
  additionalContext: string | null;
}

/** Reads standard output; anything but a JSON object says nothing. */
export function readCommandOutput(stdout: string): CommandAnswer {
  const said = parseObject(stdout);
  const { decision, reason, additionalContext, continue: goesOn = true } = said;
  const isDenied = typeof decision === "string" && decision.toLowerCase() === "deny";
  return {
    blocked: isDenied || !goesOn,
    reason: textOf(reason),
    additionalContext: textOf(additionalContext),
  };
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function textOf(value: unknown): string | null {
  return value == null ? null : jsonText(value);
}
