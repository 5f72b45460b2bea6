/** Blocks of a prompt that hold text of others. */
const TAGS = [
  "EXTRA_INFO",
  "UNTRUSTED_CONTENT",
  "REPO_CONTEXT",
  "MEMORY_CONTEXT",
  "SKILLS",
  "available_skills",
  "CUSTOM_SECRETS",
  "CURRENT_DATETIME",
  "SECURITY",
  "SECURITY_RISK_ASSESSMENT",
].join("|");
const TAG = new RegExp(`<(\\s*/?\\s*(?:${TAGS})\\b)`, "gi");
const END = /\[(\s*(?:BEGIN context from|END Context)\b)/gi;
const LINE_BREAKS = /[\r\n\u0085\u2028\u2029]+/g;
const MAX_LINE = 1_024;

/**
 * A text of others as it stands within a block of a prompt: what would close the block, or open one of ours, is made
 * harmless. All other text stays as it is.
 */
export function defused(text: string): string {
  return text.replace(TAG, "&lt;$1").replace(END, "($1");
}

/** The same for a name, a path or a word, which stays on its line. */
export function defusedLine(text: string): string {
  return defused(text.replace(LINE_BREAKS, " ").slice(0, MAX_LINE));
}
