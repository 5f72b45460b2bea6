import { messageOf } from "../../errors.ts";
import type { LlmConfig } from "../../wire/agent/llm-config.ts";
import type { Llm } from "../llm.ts";
import { LlmError } from "../llm-error.ts";

/** Key and address of a provider, which several models share. */
export interface ProviderConnection {
  api_key: string | null;
  base_url: string | null;
}

/** Finds a provider connection; null where there is none of that id. */
export type FindConnection = (id: string) => Promise<ProviderConnection | null>;

/**
 * Returns the connection that a configuration has its key from; null for one with a key, and for one without either.
 */
export function linkedConnection(config: LlmConfig): string | null {
  const { provider_connection_id: id, api_key: key, auth_type: type } = config;
  return id && !key?.trim() && type === "api_key" ? id : null;
}

/**
 * Makes a model with the key and the address of a provider connection, as they are at each call: a key that is replaced
 * there serves every conversation from then on, and no conversation stores it. The key goes to the address of the
 * connection or the provider's own, never to one that the configuration names: who may start conversations must not
 * learn it. `create` makes a model of a configuration with its own key.
 */
export function linkedLlm(config: LlmConfig, find: FindConnection, create: (config: LlmConfig) => Llm): Llm {
  const idle = create({ ...config, api_key: "none", provider_connection_id: null });
  let current: { config: LlmConfig; llm: Llm } | undefined;
  return {
    decorated: true,
    get vision() {
      return (current?.llm ?? idle).vision;
    },
    get sideCalls() {
      return (current?.llm ?? idle).sideCalls;
    },
    async complete(request) {
      const { api_key, base_url } = await connectionOf(config, find);
      request.signal.throwIfAborted();
      const isSame = current?.config.api_key === api_key && current.config.base_url === base_url;
      if (current === undefined || !isSame) {
        const resolved = { ...config, api_key, base_url, aws_bedrock_runtime_endpoint: null };
        current = { config: resolved, llm: create({ ...resolved, provider_connection_id: null }) };
      }
      return current.llm.complete(request);
    },
  };
}

async function connectionOf(
  { provider_connection_id: id }: LlmConfig,
  find: FindConnection,
): Promise<ProviderConnection> {
  const name = JSON.stringify(id);
  const found = await find(id ?? "").catch((error: unknown) => {
    const message = `provider_connection_id: the connection ${name} cannot be read: ${messageOf(error)}`;
    throw new LlmError("LLMAuthenticationError", message, { cause: error });
  });
  if (found !== null) return found;
  throw new LlmError(
    "LLMAuthenticationError",
    `provider_connection_id: there is no provider connection ${name}; make it again, or set api_key`,
  );
}
