/** Family of a model, which decides what the prompt adds for it. Null: not known. */
export interface ModelFamily {
  /** For example `anthropic_claude`. */
  family: string | null;
  /** Model line within the family, such as `gpt-5-codex`. */
  variant: string | null;
}

const FAMILIES: readonly [string, RegExp][] = [
  ["openai_gpt", /gpt-|(?:^|[/_.:-])o[134](?:$|[-_:.])/],
  ["anthropic_claude", /claude/],
  ["google_gemini", /gemini/],
  ["meta_llama", /llama/],
  ["mistral", /mistral/],
  ["deepseek", /deepseek/],
  ["alibaba_qwen", /qwen/],
];

/** Infers the family of a model from its name, or from its canonical name where a proxy has its own names. */
export function modelFamily(model: string, canonicalName: string | null): ModelFamily {
  for (const name of [model, canonicalName ?? ""]) {
    const family = FAMILIES.find(([, pattern]) => pattern.test(name.toLowerCase()))?.[0];
    if (family !== undefined) return { family, variant: variantOf(family, name.toLowerCase()) };
  }
  return { family: null, variant: null };
}

function variantOf(family: string, name: string): string | null {
  if (family !== "openai_gpt") return null;
  if (/gpt-5[\w.-]*codex/.test(name)) return "gpt-5-codex";
  return name.includes("gpt-5") ? "gpt-5" : null;
}
