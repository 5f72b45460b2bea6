import type { SecurityAnalyzer } from "../../wire/agent/policies.ts";
import { executedTexts, oneLine, spokenTexts } from "./action-text.ts";
import {
  HIGH_PATTERNS,
  INJECTION_HIGH_PATTERNS,
  INJECTION_MEDIUM_PATTERNS,
  MEDIUM_PATTERNS,
} from "./patterns.ts";
import type { Analyzer } from "./risk.ts";
import { scanShell } from "./shell-scan.ts";

/**
 * Searches actions for known signs of harm. Commands are searched in executed texts only: thinking about `rm -rf` does
 * no harm. Patterns of the configuration replace the built-in list of the same name; one that does not compile throws.
 */
export function patternSecurityAnalyzer(config: SecurityAnalyzer): Analyzer {
  const high = patternsOf(config.high_patterns, HIGH_PATTERNS);
  const medium = patternsOf(config.medium_patterns, MEDIUM_PATTERNS);
  const injectionHigh = patternsOf(config.injection_high_patterns, INJECTION_HIGH_PATTERNS);
  const injectionMedium = patternsOf(config.injection_medium_patterns, INJECTION_MEDIUM_PATTERNS);
  return (action) => {
    const texts = executedTexts(action);
    const executed = oneLine(texts);
    const everything = oneLine([...texts, ...spokenTexts(action)]);
    if (matches(high, executed) || matches(injectionHigh, everything)) return "HIGH";
    const shell = scanShell(texts.join("\n"));
    if (shell === "deletes") return "HIGH";
    if (matches(medium, executed) || matches(injectionMedium, everything)) return "MEDIUM";
    return shell === "unclear" ? "UNKNOWN" : "LOW";
  };
}

function matches(patterns: readonly RegExp[], text: string): boolean {
  return patterns.some((pattern) => pattern.test(text));
}

/** Reads patterns of the wire: lists of `[regex, description, detector id]`. */
function patternsOf(configured: unknown, builtIn: readonly RegExp[]): readonly RegExp[] {
  if (!Array.isArray(configured)) return builtIn;
  return configured.map((entry) => new RegExp(String([entry].flat()[0]), "i"));
}
