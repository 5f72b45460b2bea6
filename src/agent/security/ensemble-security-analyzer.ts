import type { SecurityRisk } from "../../wire/agent/policies.ts";
import type { ActionEvent } from "../../wire/events/events.ts";
import { type Analyzer, highest } from "./risk.ts";

/**
 * Takes the highest of several risks. UNKNOWN counts only when all members return it, or always with
 * `propagateUnknown`. A member that fails counts as HIGH.
 */
export function ensembleSecurityAnalyzer(
  analyzers: readonly Analyzer[],
  propagateUnknown: boolean,
): Analyzer {
  return (action) => {
    const risks = analyzers.map((analyzer) => opinionOf(analyzer, action));
    return propagateUnknown && risks.includes("UNKNOWN") ? "UNKNOWN" : highest(risks);
  };
}

function opinionOf(analyzer: Analyzer, action: ActionEvent): SecurityRisk {
  try {
    return analyzer(action);
  } catch {
    return "HIGH";
  }
}
