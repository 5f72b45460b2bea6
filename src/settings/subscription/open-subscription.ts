import { ChatGptSubscription, type ChatGptSubscriptionOptions } from "./chatgpt-subscription.ts";
import { OpenAiIssuer } from "./openai-issuer.ts";

/** The subscription of a server with OpenAI's own issuer. */
export function openSubscription(options: Omit<ChatGptSubscriptionOptions, "issuer">): ChatGptSubscription {
  return new ChatGptSubscription({ ...options, issuer: new OpenAiIssuer({ fetch: globalThis.fetch }) });
}
