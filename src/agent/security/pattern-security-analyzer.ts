import { type CallerPattern, callerPattern } from "../../caller-pattern.ts";
import { builtInPatterns, type PatternField } from "../../wire/agent/built-in-patterns.ts";
import type { SecurityAnalyzer } from "../../wire/agent/policies.ts";
import { executedTexts, spokenTexts, visibleText } from "./action-text.ts";
import { strongerPattern } from "./patterns.ts";
import type { Analyzer } from "./risk.ts";
import type { ShellScans } from "./worker/shell-scanner.ts";

/**
 * Looks for known signs of harm. Commands are searched in executed texts only: a thought about `rm -rf` does no harm.
 * A list of the configuration takes the place of the built-in one; built-in patterns in it keep their
 * stronger form.
 *
 * @throws AgentServerError `unprocessable` for a pattern that is not a regular expression, `unavailable` when shell text
 *   cannot be parsed
 */
export async function patternSecurityAnalyzer(
  config: SecurityAnalyzer,
  scanner: ShellScans,
): Promise<Analyzer> {
  const high = await patternsOf(config, "high_patterns");
  const medium = await patternsOf(config, "medium_patterns");
  const injectionHigh = await patternsOf(config, "injection_high_patterns");
  const injectionMedium = await patternsOf(config, "injection_medium_patterns");
  await scanner.start();
  return async (action) => {
    const { texts, isCut } = executedTexts(action);
    const executed = visibleText(texts);
    const everything = visibleText([...texts, ...spokenTexts(action).texts]);
    if (matches(high, executed) || matches(injectionHigh, everything)) return "HIGH";
    const shell = await scanner.scan({ kind: "recursive-delete", texts });
    if (shell === "HIGH") return "HIGH";
    if (matches(medium, executed) || matches(injectionMedium, everything)) return "MEDIUM";
    return isCut ? "UNKNOWN" : shell;
  };
}

function matches(patterns: readonly CallerPattern[], text: string): boolean {
  return patterns.some((pattern) => pattern.test(text));
}

/** Compiles a list of the configuration, whose entries are `[regex, description, detector id]` on the wire. */
async function patternsOf(config: SecurityAnalyzer, field: PatternField): Promise<readonly CallerPattern[]> {
  const configured = config[field];
  // Analyzers that were stored by an earlier version have no lists.
  const entries: readonly unknown[] = Array.isArray(configured) ? configured : builtInPatterns(field);
  return Promise.all(
    entries.map((entry) => {
      const regex = String([entry].flat()[0]);
      return strongerPattern(regex) ?? callerPattern(regex, { field, ignoreCase: true });
    }),
  );
}
