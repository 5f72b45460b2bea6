import type { NewConversation } from "../../wire/conversation-request.ts";
import type { ConversationSettings } from "../../wire/settings/conversation-settings.ts";
import type { StoredSettings } from "../../wire/settings/stored-settings.ts";

/** The fields of a start request that settings decide when its client does not. */
export type StartDefaults = Required<
  Pick<NewConversation, "agent_settings" | "confirmation_policy" | "security_analyzer" | "max_iterations">
>;

/**
 * Returns what settings say about a new conversation. A client that starts one sends these fields itself; the server
 * needs them where no client does. The last settings, of worktrees and containers, are defaults of clients alone.
 */
export function startDefaults({ agent_settings, conversation_settings }: StoredSettings): StartDefaults {
  return {
    agent_settings,
    confirmation_policy: confirmationPolicy(conversation_settings),
    security_analyzer:
      conversation_settings.security_analyzer === "llm" ? { kind: "LLMSecurityAnalyzer" } : null,
    max_iterations: conversation_settings.max_iterations,
  };
}

function confirmationPolicy({
  confirmation_mode: isOn,
  security_analyzer: analyzer,
}: ConversationSettings): StartDefaults["confirmation_policy"] {
  if (!isOn) return { kind: "NeverConfirm" };
  return analyzer === "llm" ? { kind: "ConfirmRisky" } : { kind: "AlwaysConfirm" };
}
