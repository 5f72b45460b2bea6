import { type SecurityAnalyzer, securityAnalyzer } from "../../wire/agent/policies.ts";
import { ensembleSecurityAnalyzer } from "./ensemble-security-analyzer.ts";
import { llmSecurityAnalyzer } from "./llm-security-analyzer.ts";
import { patternSecurityAnalyzer } from "./pattern-security-analyzer.ts";
import { policyRailSecurityAnalyzer } from "./policy-rail-security-analyzer.ts";
import type { Analyzer } from "./risk.ts";

/** Makes the analyzer of a configuration. Analyzers that need a service are not supported: their risk is UNKNOWN. */
export function createAnalyzer(config: SecurityAnalyzer): Analyzer {
  switch (config.kind) {
    case "LLMSecurityAnalyzer":
      return llmSecurityAnalyzer;
    case "PatternSecurityAnalyzer":
      return patternSecurityAnalyzer(config);
    case "PolicyRailSecurityAnalyzer":
      return policyRailSecurityAnalyzer;
    case "EnsembleSecurityAnalyzer": {
      const members = Array.isArray(config.analyzers) ? config.analyzers : [];
      const analyzers = members.map((member) => createAnalyzer(securityAnalyzer.parse(member)));
      return ensembleSecurityAnalyzer(analyzers, config.propagate_unknown === true);
    }
    default:
      return () => "UNKNOWN";
  }
}
