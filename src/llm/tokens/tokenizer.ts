import type { LlmConfig } from "../../wire/agent/llm-config.ts";
import { normalizeName } from "../capabilities.ts";

/** Number of tokens of a text. */
export type CountTokens = (text: string) => number;

/** UTF-8 bytes of an average token, for models whose tokenizer is not public. */
const BYTES_PER_TOKEN = 3.5;
/**
 * UTF-16 code units that are encoded at once. The time for one long run of letters grows with its square, so that a
 * text of 50,000 would block the process for seconds. Each cut costs at most one token.
 */
const SLICE = 512;

const O200K = /gpt-oss|gpt-4o|gpt-4\.[15]|gpt-[5-9]|chatgpt|codex|(^|\/)(o1|o3|o4)(-|$)/;
const CL100K = /gpt-4|gpt-3\.5|text-embedding/;

/** Estimates the tokens of a text by its length. */
export function estimateTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);
}

/** Whether a name of a tokenizer, such as `Xenova/gpt-4o`, is that of one that runs here. */
export function isKnownTokenizer(name: string): boolean {
  return [O200K, CL100K].some((names) => names.test(normalizeName(name)));
}

/**
 * Loads the tokenizer of a model: that of OpenAI's models. It takes about 75 MB, so it is loaded when a count really
 * matters. The makers of other models publish none that runs here: theirs are estimated. A `custom_tokenizer` that runs
 * here takes the place of the model's.
 */
export async function loadTokenizer(
  config: Pick<LlmConfig, "model" | "model_canonical_name"> & Partial<Pick<LlmConfig, "custom_tokenizer">>,
): Promise<CountTokens> {
  const { custom_tokenizer: custom, model_canonical_name: canonical, model } = config;
  const name = normalizeName(custom != null && isKnownTokenizer(custom) ? custom : (canonical ?? model));
  if (O200K.test(name)) return sliced(await import("gpt-tokenizer/encoding/o200k_base"));
  if (CL100K.test(name)) return sliced(await import("gpt-tokenizer/encoding/cl100k_base"));
  return estimateTokens;
}

interface Encoding {
  countTokens(text: string, options: { disallowedSpecial: Set<string> }): number;
}

/** Counts slice by slice. Names of special tokens count as the words that they are in a prompt. */
function sliced({ countTokens }: Encoding): CountTokens {
  const options = { disallowedSpecial: new Set<string>() };
  return (text) => {
    let count = 0;
    for (let start = 0; start < text.length; start += SLICE) {
      count += countTokens(text.slice(start, start + SLICE), options);
    }
    return count;
  };
}
