/** The result of reading shell text. UNKNOWN: what matters is something that only the shell can know. */
export type Verdict = "HIGH" | "UNKNOWN" | "LOW";

const ORDER: readonly Verdict[] = ["LOW", "UNKNOWN", "HIGH"];

/** The worse of two results. Danger that was found outweighs what could not be found out. */
export function worst(one: Verdict, other: Verdict): Verdict {
  return ORDER.indexOf(one) < ORDER.indexOf(other) ? other : one;
}
