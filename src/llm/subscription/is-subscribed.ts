import type { LlmConfig } from "../../wire/agent/llm-config.ts";

/** Whether a configuration is paid by a subscription. One with a key is paid by the key. */
export function isSubscribed({
  auth_type: type,
  api_key: key,
  is_subscription: isLogin,
}: LlmConfig): boolean {
  return isLogin || (type === "subscription" && key === null);
}
