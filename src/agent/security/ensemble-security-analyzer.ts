import { Unrated } from "./analyzer-host.ts";
import { type Analyzer, highest } from "./risk.ts";

/**
 * Takes the highest of several risks. UNKNOWN counts only when all members return it, or always with
 * `propagateUnknown`. A member that cannot rate an action counts as UNKNOWN, and one that fails as HIGH.
 */
export function ensembleSecurityAnalyzer(
  analyzers: readonly Analyzer[],
  propagateUnknown: boolean,
): Analyzer {
  return async (action) => {
    const risks = await Promise.all(
      analyzers.map((analyzer) =>
        analyzer(action).catch((error: unknown) => (error instanceof Unrated ? "UNKNOWN" : "HIGH")),
      ),
    );
    return propagateUnknown && risks.includes("UNKNOWN") ? "UNKNOWN" : highest(risks);
  };
}
