import type { SecurityRisk } from "../../wire/agent/policies.ts";
import type { ActionEvent } from "../../wire/events/events.ts";

/** Judges one action. May throw; who asks takes that for HIGH. */
export type Analyzer = (action: ActionEvent) => SecurityRisk;

const ORDER: readonly SecurityRisk[] = ["UNKNOWN", "LOW", "MEDIUM", "HIGH"];

/** UNKNOWN is below every known risk. */
export function isAtLeast(risk: SecurityRisk, threshold: SecurityRisk): boolean {
  return ORDER.indexOf(risk) >= ORDER.indexOf(threshold);
}

export function highest(risks: readonly SecurityRisk[]): SecurityRisk {
  return risks.reduce((top, risk) => (isAtLeast(risk, top) ? risk : top), "UNKNOWN");
}
