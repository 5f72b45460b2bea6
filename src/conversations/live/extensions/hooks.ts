import { type Hooks, openHooks } from "../../../agent/hooks/hooks.ts";
import { DeepMask } from "../../../secrets/masking/deep-mask.ts";
import { type HookConfig, joinHooks } from "../../../wire/agent/hook-config.ts";
import type { BuiltInParts } from "./built-in-parts.ts";
import { sideAgents } from "./side-agent.ts";

/**
 * Makes the extension of the hooks of a conversation: those of its request, then further ones, such as those of plugins.
 * `replace` of the extension puts others in force later.
 *
 * @throws AgentServerError `unprocessable` for a matcher that is not valid.
 */
export async function conversationHooks(
  { host, context, config }: BuiltInParts,
  further: readonly HookConfig[] = [],
): Promise<Hooks> {
  const { hook_config: requested } = config;
  const configs = [...(requested === null ? [] : [requested]), ...further];
  const hide = async <T>(value: T) => (await new DeepMask(await host.secrets.mask()).value(value)) as T;
  const { logger } = context;
  return openHooks(joinHooks(configs), { host, askAgent: sideAgents({ host, context }), hide, logger });
}
