import type { Message } from "../../wire/events/message.ts";
import type { Llm } from "../llm.ts";
import { estimateTokens } from "../tokens/tokenizer.ts";
import { type RouterLlm, routerLlm } from "./router-llm.ts";

/** Options of `multimodalRouter`. */
export interface MultimodalRouterOptions {
  /** Sees images, and takes long prompts. */
  primary: Llm;
  /** Asked for everything else, for example because it costs less. */
  secondary: Llm;
  /** Most tokens of a prompt for the secondary model, estimated by length. Default: no limit. */
  secondaryTokens?: number;
}

/** Makes a model that asks the primary one where a prompt has images or is too long for the secondary one. */
export function multimodalRouter({
  primary,
  secondary,
  secondaryTokens = Number.POSITIVE_INFINITY,
}: MultimodalRouterOptions): RouterLlm<"primary" | "secondary"> {
  const measured = new WeakMap<Message, number>();
  const tokensOf = (message: Message): number => {
    const tokens = measured.get(message) ?? estimateTokens(JSON.stringify(message));
    measured.set(message, tokens);
    return tokens;
  };
  return routerLlm({ primary, secondary }, ({ messages }) => {
    if (messages.some(hasImage)) return "primary";
    const tokens = messages.reduce((sum, message) => sum + tokensOf(message), 0);
    return tokens > secondaryTokens ? "primary" : "secondary";
  });
}

/**
 * Makes a model that asks one of several, chosen at random for each request. `random` gives a number from 0 up to 1.
 *
 * @throws TypeError without any model
 */
export function randomRouter(
  llms: Readonly<Record<string, Llm>>,
  random: () => number = Math.random,
): RouterLlm<string> {
  const names = Object.keys(llms);
  return routerLlm(llms, () => names[Math.floor(random() * names.length)] ?? "");
}

function hasImage({ content }: Message): boolean {
  return content.some((part) => part.type === "image" && part.image_urls.length > 0);
}
