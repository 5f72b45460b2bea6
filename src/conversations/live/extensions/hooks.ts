import { type Hooks, openHooks } from "../../../agent/hooks/hooks.ts";
import { DeepMask } from "../../../secrets/masking/deep-mask.ts";
import type { HookConfig } from "../../../wire/agent/hook-config.ts";
import type { BuiltInParts } from "./built-in-parts.ts";
import { sideAgents } from "./side-agent.ts";

/**
 * Makes the extension of the hooks of a conversation. Its `replace` puts others in force later.
 *
 * @throws AgentServerError `unprocessable` for a matcher that is not valid.
 */
export async function conversationHooks({ host, context }: BuiltInParts, config: HookConfig): Promise<Hooks> {
  const hide = async <T>(value: T) => (await new DeepMask(await host.secrets.mask()).value(value)) as T;
  const { logger } = context;
  return openHooks(config, { host, askAgent: sideAgents({ host, context }), hide, logger });
}
