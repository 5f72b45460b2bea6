import { type CallerPattern, callerPattern } from "../../caller-pattern.ts";
import type { SecurityAnalyzer } from "../../wire/agent/policies.ts";
import { executedTexts, spokenTexts, visibleText } from "./action-text.ts";
import {
  HIGH_PATTERNS,
  INJECTION_HIGH_PATTERNS,
  INJECTION_MEDIUM_PATTERNS,
  MEDIUM_PATTERNS,
} from "./patterns.ts";
import type { Analyzer } from "./risk.ts";
import type { ShellScans } from "./worker/shell-scanner.ts";

/**
 * Looks for known signs of harm. Commands are searched in executed texts only: a thought about `rm -rf` does no harm.
 * Patterns of the configuration take the place of the built-in list of the same name.
 *
 * @throws AgentServerError `unprocessable` for a pattern that is not a regular expression, `unavailable` when shell text
 *   cannot be parsed
 */
export async function patternSecurityAnalyzer(
  config: SecurityAnalyzer,
  scanner: ShellScans,
): Promise<Analyzer> {
  const high = await patternsOf(config, "high_patterns", HIGH_PATTERNS);
  const medium = await patternsOf(config, "medium_patterns", MEDIUM_PATTERNS);
  const injectionHigh = await patternsOf(config, "injection_high_patterns", INJECTION_HIGH_PATTERNS);
  const injectionMedium = await patternsOf(config, "injection_medium_patterns", INJECTION_MEDIUM_PATTERNS);
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
async function patternsOf(
  config: SecurityAnalyzer,
  field: string,
  builtIn: readonly RegExp[],
): Promise<readonly CallerPattern[]> {
  const configured = config[field];
  if (!Array.isArray(configured)) return builtIn;
  return Promise.all(
    configured.map((entry) => callerPattern(String([entry].flat()[0]), { field, ignoreCase: true })),
  );
}
