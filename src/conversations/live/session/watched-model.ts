import { withComplete } from "../../../llm/decorators/with-complete.ts";
import type { Llm, LlmReply, LlmRequest } from "../../../llm/llm.ts";
import type { ModelCallBegun, ModelCallEnded } from "../../../observing/observer.ts";
import type { Observers } from "../../../observing/observers.ts";
import { maskedJson } from "../../../secrets/masking/masked-json.ts";
import type { SecretRegistry } from "../../../secrets/secret-registry.ts";
import type { LlmConfig } from "../../../wire/agent/llm-config.ts";
import { saidMessage, saidMessages } from "./said-messages.ts";

interface WatchedModelParts {
  conversationId: string;
  config: Pick<LlmConfig, "model" | "usage_id">;
  secrets: Pick<SecretRegistry, "mask">;
  observers: Observers;
}

/** Shows the calls of a model to observers. */
export function watchedModel(llm: Llm, parts: WatchedModelParts): Llm {
  const { observers } = parts;
  if (!observers.watches("modelCall")) return llm;
  return withComplete(llm, (request) => {
    const began = performance.now();
    let firstPiece: number | undefined;
    const noted: LlmRequest = {
      ...request,
      onProgress() {
        firstPiece ??= (performance.now() - began) / 1_000;
        request.onProgress?.();
      },
    };
    return observers.watch("modelCall", describe(request, parts), {
      work: () => llm.complete(noted),
      ended: (reply) => endOf(reply, firstPiece, parts),
    });
  });
}

function describe(
  { messages }: LlmRequest,
  { conversationId, config, secrets }: WatchedModelParts,
): ModelCallBegun {
  return {
    conversationId,
    model: config.model,
    usageId: config.usage_id,
    said: () => maskedJson(saidMessages(messages), secrets),
  };
}

function endOf(
  { model, id, usage, cost, message }: LlmReply,
  firstPieceSeconds: number | undefined,
  { secrets }: WatchedModelParts,
): ModelCallEnded {
  return {
    model,
    replyId: id,
    tokens: usage === null ? undefined : tokensOf(usage),
    cost: cost ?? undefined,
    firstPieceSeconds,
    hasCalls: (message.tool_calls?.length ?? 0) > 0,
    said: () => maskedJson([saidMessage(message)], secrets),
  };
}

function tokensOf(usage: NonNullable<LlmReply["usage"]>): ModelCallEnded["tokens"] {
  return {
    input: usage.prompt_tokens,
    output: usage.completion_tokens,
    cacheRead: usage.cache_read_tokens,
    cacheWrite: usage.cache_write_tokens,
    reasoning: usage.reasoning_tokens,
  };
}
