import { type CallerPattern, callerPattern } from "../../caller-pattern.ts";

/** Whether the hooks of a matcher run for a tool; null stands for a moment that is about no tool. */
export type HookMatcher = (toolName: string | null) => boolean;

/** Characters that make a matcher a regular expression without slashes around it. */
const PATTERN_CHARACTERS = /[|.*+?[\]()^$\\]/;

/**
 * Compiles a matcher: `*` or nothing for every tool, a regular expression between slashes or with characters of one, or
 * the name of a tool. The whole name has to match. Moments without a tool know only `*` and nothing.
 *
 * @throws AgentServerError `unprocessable` naming the field, for an expression that is not valid: hooks that never run
 * would be guards that are silently off.
 */
export async function compileMatcher(matcher: string, field: string): Promise<HookMatcher> {
  if (matcher === "*" || matcher === "") return () => true;
  const isSlashed = matcher.length > 2 && matcher.startsWith("/") && matcher.endsWith("/");
  if (!isSlashed && !PATTERN_CHARACTERS.test(matcher)) return (toolName) => toolName === matcher;
  const source = isSlashed ? matcher.slice(1, -1) : matcher;
  // Compiled as it is first, so that a refusal names what the client wrote.
  await callerPattern(source, { field });
  const pattern = await callerPattern(`^(?:${source})$`, { field });
  return (toolName) => toolName !== null && matches(pattern, toolName);
}

/** An expression that takes too long counts as a match: better a hook too many than a guard that is off. */
function matches(pattern: CallerPattern, toolName: string): boolean {
  try {
    return pattern.test(toolName);
  } catch {
    return true;
  }
}
