export interface ModelFamily {
  family: string | null;
  /** A finer name within the family. */
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

/** What kind of model a name stands for. The canonical name helps where the name is one of a proxy's own. */
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
