import { type SecurityAnalyzer, securityAnalyzer } from "../../wire/agent/policies.ts";
import { ensembleSecurityAnalyzer } from "./ensemble-security-analyzer.ts";
import { llmSecurityAnalyzer } from "./llm-security-analyzer.ts";
import type { Analyzer } from "./risk.ts";
import type { ShellScans } from "./worker/shell-scanner.ts";

/**
 * Builds the analyzer that a configuration names. Analyzers that call a service are not available: they judge UNKNOWN.
 * Those that read commands are loaded when the first is built: most servers have none.
 *
 * @throws AgentServerError `unprocessable` for a pattern that is not a regular expression, `unavailable` when an analyzer
 *   cannot be loaded
 */
export async function createAnalyzer(config: SecurityAnalyzer, scanner: ShellScans): Promise<Analyzer> {
  switch (config.kind) {
    case "LLMSecurityAnalyzer":
      return llmSecurityAnalyzer;
    case "PatternSecurityAnalyzer":
      return (await import("./pattern-security-analyzer.ts")).patternSecurityAnalyzer(config, scanner);
    case "PolicyRailSecurityAnalyzer":
      return (await import("./policy-rail-security-analyzer.ts")).policyRailSecurityAnalyzer(scanner);
    case "EnsembleSecurityAnalyzer": {
      const members = Array.isArray(config.analyzers) ? config.analyzers : [];
      const analyzers = members.map((member) => createAnalyzer(securityAnalyzer.parse(member), scanner));
      return ensembleSecurityAnalyzer(await Promise.all(analyzers), config.propagate_unknown === true);
    }
    default:
      return async () => "UNKNOWN";
  }
}
