/** Providers as OpenTelemetry names them, by the first part of a model's name. Others keep their names. */
const NAMES: Readonly<Record<string, string>> = {
  azure: "azure.ai.openai",
  azure_ai: "azure.ai.inference",
  bedrock: "aws.bedrock",
  vertex_ai: "gcp.vertex_ai",
  gemini: "gcp.gemini",
  mistral: "mistral_ai",
  xai: "x_ai",
};

/** Names of models that are known without a provider. */
const BARE: readonly (readonly [RegExp, string])[] = [
  [/^(gpt|chatgpt|o\d|codex)/, "openai"],
  [/^claude/, "anthropic"],
  [/^gemini/, "gcp.gemini"],
];

/** Splits the configured name of a model into the provider, as OpenTelemetry names it, and the model. */
export function providerAndModel(configured: string): { provider: string; model: string } {
  const slash = configured.indexOf("/");
  if (slash > 0) {
    const name = configured.slice(0, slash);
    return { provider: NAMES[name] ?? name, model: configured.slice(slash + 1) };
  }
  const known = BARE.find(([form]) => form.test(configured));
  return { provider: known?.[1] ?? "other", model: configured };
}
