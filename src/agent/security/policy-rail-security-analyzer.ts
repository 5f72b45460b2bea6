import { executedTexts } from "./action-text.ts";
import type { Analyzer } from "./risk.ts";
import type { ShellScans } from "./worker/shell-scanner.ts";

/**
 * Searches each argument for combinations that are dangerous together, as bash would read it. Two arguments never add
 * up to one combination.
 *
 * @throws AgentServerError `unavailable` when shell text cannot be parsed
 */
export async function policyRailSecurityAnalyzer(scanner: ShellScans): Promise<Analyzer> {
  await scanner.start();
  return async (action) => {
    const { texts, isCut } = executedTexts(action);
    const verdict = await scanner.scan({ kind: "rails", texts });
    return verdict === "LOW" && isCut ? "UNKNOWN" : verdict;
  };
}
