import { createContext, Script } from "node:vm";
import { AgentServerError } from "./errors.ts";

/** A regular expression that came with a request. */
export interface CallerPattern {
  /** Tells whether the pattern matches. May throw for a pattern with lookaround: see `callerPattern`. */
  test(text: string): boolean;
}

export interface CallerPatternOptions {
  /** The field of the request, named when the pattern is refused. */
  field: string;
  ignoreCase?: boolean;
  /** The match must begin at the start of the text. */
  anchored?: boolean;
}

/** Maximum length of a pattern in UTF-16 code units. */
const MAX_LENGTH = 4_096;
/** Time limit for one test of a pattern that needs backtracking, in milliseconds. */
const BACKTRACKING_LIMIT = 250;

/**
 * Compiles a pattern in Python's syntax, as the reference does.
 *
 * Matching is linear in the text. Lookaround and backreferences have no linear matcher: they run in V8's own engine,
 * and `test` throws when that takes longer than a quarter of a second. Callers treat the throw as the safe answer.
 *
 * @throws AgentServerError `unprocessable` naming the field, for a pattern that is too long or not valid
 */
export async function callerPattern(
  source: string,
  { field, ignoreCase = false, anchored = false }: CallerPatternOptions,
): Promise<CallerPattern> {
  if (source.length > MAX_LENGTH) throw refusal(field, source, `is longer than ${MAX_LENGTH} characters`);
  const { RE2JS } = await import("re2js");
  try {
    const pattern = RE2JS.compile(source, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
    return { test: (text) => (anchored ? pattern.matcher(text).lookingAt() : pattern.matcher(text).find()) };
  } catch {
    return backtracking(source, { field, ignoreCase, anchored });
  }
}

function backtracking(source: string, { field, ignoreCase, anchored }: CallerPatternOptions): CallerPattern {
  const pattern = source.replaceAll("(?P<", "(?<");
  const flags = (ignoreCase ? "i" : "") + (anchored ? "y" : "");
  try {
    new RegExp(pattern, flags);
  } catch (cause) {
    throw refusal(field, source, "is not a regular expression", cause);
  }
  const script = new Script("new RegExp(pattern, flags).test(text)");
  return {
    test: (text) =>
      script.runInContext(createContext({ pattern, flags, text }), { timeout: BACKTRACKING_LIMIT }) === true,
  };
}

function refusal(field: string, source: string, fault: string, cause?: unknown): AgentServerError {
  const shown = source.length > 100 ? `${source.slice(0, 100)}…` : source;
  return new AgentServerError("unprocessable", `${field} '${shown}' ${fault}`, { cause });
}
