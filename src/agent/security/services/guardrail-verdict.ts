import { type SecurityRisk, securityRisk } from "../../../wire/agent/policies.ts";
import { UNTRUSTED } from "./guardrail-prompt.ts";

/** Characters that are read of an answer: a verdict is its first line. Searches would take long in more. */
const MAX_READ = 16_384;

const NAMES = UNTRUSTED.join("|");
/** An element that a prompt has for untrusted content, as an answer may repeat it. */
const ELEMENT = new RegExp(`<(${NAMES})(?:\\s[^>]*)?>.*?</\\1>`, "gis");
/** One of its tags without the other. */
const TAG = new RegExp(`</?(?:${NAMES})(?:\\s[^>]*)?>`, "i");
const VERDICT = /^\s*RISK:\s*(LOW|MEDIUM|HIGH)\s*$/gim;

/**
 * Reads the verdict of a guardrail: a separate line outside of what it repeats of the prompt. undefined for an answer
 * without one, with different ones, or with half an element: what stands behind such a tag may not be its own.
 */
export function verdictIn(answer: string): SecurityRisk | undefined {
  const own = answer.slice(0, MAX_READ).replaceAll(/\r\n?/g, "\n").replaceAll(ELEMENT, "…");
  if (TAG.test(own)) return undefined;
  const [verdict, ...others] = new Set([...own.matchAll(VERDICT)].map(([, risk = ""]) => risk.toUpperCase()));
  return others.length > 0 ? undefined : securityRisk.optional().parse(verdict);
}
