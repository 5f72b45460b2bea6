import { AgentServerError } from "../../errors.ts";
import type { LlmConfig } from "../../wire/agent/llm-config.ts";
import type { Llm } from "../llm.ts";
import { LlmError } from "../llm-error.ts";
import { codexPrompt } from "./codex-prompt.ts";

/** The only address that the tokens go to, whatever a configuration says. */
const CODEX = "https://chatgpt.com/backend-api/codex";

/** Tokens of a signed-in user. */
export interface SubscriptionTokens {
  accessToken: string;
  /** The account that pays; null when the token does not name one. */
  accountId: string | null;
}

/** A sign-in with a subscription, which pays for calls of its models. */
export interface Subscription {
  /** Names of the models that it includes, without a provider. */
  models(): Promise<readonly string[]>;
  /** Valid tokens; null without a sign-in. */
  tokens(): Promise<SubscriptionTokens | null>;
  /** Base URL of the service. Default: OpenAI's. */
  baseUrl?: string;
}

/**
 * Makes a model that a subscription pays for. Each call has the tokens of its moment. `create` makes a model of a
 * configuration with a key.
 */
export function subscriptionLlm(
  config: LlmConfig,
  subscription: Subscription,
  create: (config: LlmConfig) => Llm,
): Llm {
  const toPrompt = codexPrompt();
  const idle = create(codexConfig(config, subscription, { accessToken: "none", accountId: null }));
  let current: { accessToken: string; llm: Llm } | undefined;
  return {
    decorated: true,
    vision: idle.vision,
    async complete(request) {
      await refuseOthers(config, subscription);
      const tokens = await freshTokens(subscription);
      request.signal.throwIfAborted();
      const { accessToken } = tokens;
      if (current?.accessToken !== accessToken) {
        current = { accessToken, llm: create(codexConfig(config, subscription, tokens)) };
      }
      // The service answers in a stream only, also where no one reads the pieces.
      const { onDelta = () => undefined } = request;
      return current.llm.complete({ ...request, messages: toPrompt(request.messages), onDelta });
    },
  };
}

/** The service takes no other options of a call than these. */
function codexConfig(
  config: LlmConfig,
  { baseUrl = CODEX }: Subscription,
  { accessToken, accountId }: SubscriptionTokens,
): LlmConfig {
  return {
    ...config,
    model: `openai/${bareName(config)}`,
    base_url: baseUrl,
    api_key: accessToken,
    auth_type: "api_key",
    is_subscription: false,
    api_mode: "responses",
    stream: true,
    temperature: null,
    top_p: null,
    max_output_tokens: null,
    reasoning_effort: null,
    enable_encrypted_reasoning: false,
    prompt_cache_retention: null,
    extra_headers: {
      originator: "codex_cli_rs",
      "OpenAI-Beta": "responses=experimental",
      ...(accountId !== null && { "chatgpt-account-id": accountId }),
    },
  };
}

function bareName({ model }: LlmConfig): string {
  return model.replace(/^openai\//, "");
}

async function refuseOthers(config: LlmConfig, subscription: Subscription): Promise<void> {
  const models = await subscription.models();
  if (models.includes(bareName(config))) return;
  throw new LlmError(
    "LLMBadRequestError",
    `model: ${JSON.stringify(config.model)} is not included in a ChatGPT subscription: choose one of ${models.join(", ")}`,
  );
}

async function freshTokens(subscription: Subscription): Promise<SubscriptionTokens> {
  try {
    const tokens = await subscription.tokens();
    if (tokens !== null) return tokens;
  } catch (error) {
    if (!AgentServerError.is(error) || error.code !== "unavailable") throw error;
    throw new LlmError("LLMServiceUnavailableError", error.message, { cause: error });
  }
  throw new LlmError(
    "LLMAuthenticationError",
    "auth_type: no one is signed in with a ChatGPT subscription; sign in, or set api_key with auth_type api_key",
  );
}
