import { isDeepStrictEqual } from "node:util";
import type { LlmConfig } from "../../wire/agent/llm-config.ts";
import type { Llm } from "../llm.ts";

/**
 * Makes a model that is saved elsewhere, as it is there at each call. `find` reads its configuration, and rejects where
 * there is none; `create` makes the model of one. Replies are booked under its name.
 */
export function savedLlm(find: () => Promise<LlmConfig>, create: (config: LlmConfig) => Llm): Llm {
  let current: { config: LlmConfig; llm: Llm } | undefined;
  return {
    decorated: true,
    async complete(request) {
      const config = await find();
      request.signal.throwIfAborted();
      if (current === undefined || !isDeepStrictEqual(current.config, config)) {
        current = { config, llm: create(config) };
      }
      return { ...(await current.llm.complete(request)), bookedModel: config.model };
    },
  };
}
