import type { Toolbox } from "../../tools/toolbox/toolbox.ts";
import type { NewEvent } from "../../wire/events/events.ts";
import { text } from "../../wire/events/message.ts";
import { type DynamicContextOptions, dynamicContext } from "./dynamic-context.ts";
import { staticPrompt } from "./static-prompt.ts";

export interface SystemPromptOptions extends DynamicContextOptions {
  tools: Pick<Toolbox, "names" | "definitions">;
  /** Text of the policy that `security_policy_filename` names, when it is not the built-in one. */
  securityPolicy?: string;
}

/** Builds the first event of a conversation. Later changes of tools, secrets or time do not show in it. */
export function systemPromptEvent(
  options: SystemPromptOptions,
): Extract<NewEvent, { kind: "SystemPromptEvent" }> {
  return {
    kind: "SystemPromptEvent",
    source: "agent",
    system_prompt: text(staticPrompt(options)),
    tools: [...options.tools.definitions],
    dynamic_context: text(dynamicContext(options)),
  };
}
