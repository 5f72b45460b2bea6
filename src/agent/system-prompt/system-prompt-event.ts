import type { Toolbox } from "../../tools/toolbox/toolbox.ts";
import type { NewEvent } from "../../wire/events/events.ts";
import { text } from "../../wire/events/message.ts";
import { type DynamicContextOptions, dynamicContext } from "./dynamic-context.ts";
import { type StaticPromptOptions, staticPrompt } from "./static-prompt.ts";

export interface SystemPromptOptions extends DynamicContextOptions, StaticPromptOptions {
  tools: Pick<Toolbox, "names" | "definitions" | "guidance">;
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
