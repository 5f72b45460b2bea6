import { type SecurityAnalyzer, securityAnalyzer } from "../../wire/agent/policies.ts";
import type { AnalyzerHost } from "./analyzer-host.ts";
import { ensembleSecurityAnalyzer } from "./ensemble-security-analyzer.ts";
import { llmSecurityAnalyzer } from "./llm-security-analyzer.ts";
import type { Analyzer } from "./risk.ts";

/**
 * Builds the analyzer that a configuration names. All but the one that takes the model's word are loaded when the first
 * is built: most servers have none.
 *
 * @throws AgentServerError `unprocessable` for a pattern that is not a regular expression and an address that is no URL,
 *   `unavailable` when an analyzer cannot be loaded
 */
export async function createAnalyzer(config: SecurityAnalyzer, host: AnalyzerHost): Promise<Analyzer> {
  const { shellScanner: scanner } = host;
  switch (config.kind) {
    case "LLMSecurityAnalyzer":
      return llmSecurityAnalyzer;
    case "PatternSecurityAnalyzer":
      return (await import("./pattern-security-analyzer.ts")).patternSecurityAnalyzer(config, scanner);
    case "PolicyRailSecurityAnalyzer":
      return (await import("./policy-rail-security-analyzer.ts")).policyRailSecurityAnalyzer(scanner);
    case "EnsembleSecurityAnalyzer": {
      const members = Array.isArray(config.analyzers) ? config.analyzers : [];
      const analyzers = members.map((member) => createAnalyzer(securityAnalyzer.parse(member), host));
      return ensembleSecurityAnalyzer(await Promise.all(analyzers), config.propagate_unknown === true);
    }
    case "GraySwanAnalyzer":
      return (await import("./services/gray-swan-security-analyzer.ts")).graySwanSecurityAnalyzer(
        config,
        host,
      );
    case "ToolShieldLLMSecurityAnalyzer":
      return (await import("./services/tool-shield-security-analyzer.ts")).toolShieldSecurityAnalyzer(
        config,
        host,
      );
    default:
      throw new Error(`there is no analyzer '${config.kind}'`);
  }
}
