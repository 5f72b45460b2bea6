import { executedTexts, oneLine } from "./action-text.ts";
import { RAW_DISK_WRITE, RECURSIVE_DELETE } from "./patterns.ts";
import type { Analyzer } from "./risk.ts";

const FETCH = /\b(?:curl|wget)\b/i;
const PIPE_TO_INTERPRETER = /\|\s?(?:(?:ba)?sh|python[23]?|perl|ruby)\b/i;
const FORMAT_DISK = /\bmkfs\./i;
const CRITICAL_TARGET = /\brm\b.{0,60}\s(?:\/(?:\s|$|\*)|~\/?(?:\s|$)|\/(?:etc|usr|var|home|boot)\b)/i;

/**
 * Searches each argument for combinations that are dangerous together. Two arguments never add up to one combination.
 */
export const policyRailSecurityAnalyzer: Analyzer = (action) =>
  executedTexts(action).some((text) => isForbidden(oneLine([text]))) ? "HIGH" : "LOW";

function isForbidden(text: string): boolean {
  return (
    (FETCH.test(text) && PIPE_TO_INTERPRETER.test(text)) ||
    RAW_DISK_WRITE.test(text) ||
    FORMAT_DISK.test(text) ||
    (RECURSIVE_DELETE.test(text) && CRITICAL_TARGET.test(text))
  );
}
