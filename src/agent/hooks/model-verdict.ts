import { isObject } from "../../is-object.ts";
import { jsonText } from "../../json-text.ts";
import { type HookResult, QUIET } from "./hook-result.ts";

/** Characters of a reply that are read. */
const MAX_LENGTH = 50_000;
/** Openings of objects that are tried in a reply. */
const MAX_TRIES = 100;

/**
 * Reads the verdict in the reply of a model: the first JSON object, with `decision` and `reason`. Anything else decides
 * nothing and allows, as in the reference; the result says so.
 */
export function readVerdict(reply: string): HookResult {
  const said = firstObject(reply.slice(0, MAX_LENGTH));
  if (said === undefined) return undecided("the reply has no JSON object");
  const { decision, reason } = said;
  const words = String(decision ?? "").toLowerCase();
  if (words !== "deny" && words !== "allow") return undecided("the decision is neither allow nor deny");
  return { ...QUIET, blocked: words === "deny", reason: reason == null ? "" : jsonText(reason) };
}

/** A hook that came to no decision. */
export function undecided(problem: string): HookResult {
  const error = `No decision, so nothing is refused: ${problem}`;
  return { ...QUIET, success: false, reason: error, error };
}

function firstObject(text: string): Record<string, unknown> | undefined {
  let start = text.indexOf("{");
  for (let tries = 0; start !== -1 && tries < MAX_TRIES; tries += 1) {
    const end = endOfObject(text, start);
    const value = end === undefined ? undefined : parse(text.slice(start, end));
    if (isObject(value)) return value;
    start = text.indexOf("{", start + 1);
  }
  return undefined;
}

/** The place behind the brace that closes the object at `start`; undefined when none does. */
function endOfObject(text: string, start: number): number | undefined {
  let depth = 0;
  let isText = false;
  for (let index = start; index < text.length; index += 1) {
    const character = text[index];
    if (isText && character === "\\") index += 1;
    else if (character === '"') isText = !isText;
    else if (!isText && character === "{") depth += 1;
    else if (!isText && character === "}") {
      depth -= 1;
      if (depth === 0) return index + 1;
    }
  }
  return undefined;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
