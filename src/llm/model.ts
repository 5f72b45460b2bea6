import type { LlmConfig } from "../wire/agent/llm-config.ts";
import { type Capabilities, capabilitiesOf } from "./capabilities.ts";
import { allowsShortContext, type Endpoint, toEndpoint } from "./endpoint.ts";
import type { Environment } from "./environment.ts";
import { LlmError } from "./llm-error.ts";

/** A configuration with everything that follows from it. Resolved once, then handed to the protocols. */
export interface Model {
  readonly config: LlmConfig;
  /** Where the model is reached and with which key. */
  readonly endpoint: Endpoint;
  /** The features of the model. */
  readonly capabilities: Capabilities;
}

/** The reference's smallest context window that an agent can work in, in tokens. */
const MIN_CONTEXT_WINDOW = 16_384;

/**
 * Resolves a configuration. Loads and connects nothing.
 *
 * @throws LlmError LLMBadRequestError for an unknown name or address, LLMAuthenticationError for a missing or lost key,
 * LLMContextWindowTooSmallError for a `max_input_tokens` below 16,384
 */
export function resolveModel(config: LlmConfig, environment: Environment, isKeyLost = false): Model {
  const endpoint = toEndpoint(config, environment, isKeyLost);
  refuseShortContext(config, environment);
  return { config, endpoint, capabilities: capabilitiesOf(config, endpoint) };
}

function refuseShortContext({ max_input_tokens: window }: LlmConfig, environment: Environment): void {
  if (window === null || window >= MIN_CONTEXT_WINDOW || allowsShortContext(environment)) return;
  throw new LlmError(
    "LLMContextWindowTooSmallError",
    `max_input_tokens: ${window} is too small for an agent, which needs at least ${MIN_CONTEXT_WINDOW}. ` +
      "ALLOW_SHORT_CONTEXT_WINDOWS=true lifts this limit.",
  );
}
