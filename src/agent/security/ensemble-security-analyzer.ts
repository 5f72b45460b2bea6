import { type Analyzer, highest } from "./risk.ts";

/**
 * Takes the highest of several risks. UNKNOWN counts only when all members return it, or always with
 * `propagateUnknown`. A member that fails counts as HIGH.
 */
export function ensembleSecurityAnalyzer(
  analyzers: readonly Analyzer[],
  propagateUnknown: boolean,
): Analyzer {
  return async (action) => {
    const risks = await Promise.all(
      analyzers.map((analyzer) => analyzer(action).catch(() => "HIGH" as const)),
    );
    return propagateUnknown && risks.includes("UNKNOWN") ? "UNKNOWN" : highest(risks);
  };
}
