import type { SecurityRisk } from "../../wire/agent/policies.ts";
import type { ActionEvent } from "../../wire/events/events.ts";

/** Judges one action. May reject; callers treat `Unrated` as UNKNOWN, and everything else as HIGH. */
export type Analyzer = (action: ActionEvent) => Promise<SecurityRisk>;

const ORDER: readonly SecurityRisk[] = ["UNKNOWN", "LOW", "MEDIUM", "HIGH"];

/** Compares risks. UNKNOWN is below LOW. */
export function isAtLeast(risk: SecurityRisk, threshold: SecurityRisk): boolean {
  return ORDER.indexOf(risk) >= ORDER.indexOf(threshold);
}

/** The highest of several risks; UNKNOWN without any. */
export function highest(risks: readonly SecurityRisk[]): SecurityRisk {
  return risks.reduce((top, risk) => (isAtLeast(risk, top) ? risk : top), "UNKNOWN");
}
