import { messageOf } from "../../errors.ts";
import type { LlmConfig } from "../../wire/agent/llm-config.ts";
import type { Llm, LlmReply, LlmRequest } from "../llm.ts";
import { LlmError } from "../llm-error.ts";

/** One model call as `log_completions` asks for it; the fields of an `LLMCompletionLogEvent`. */
export interface CompletionLog {
  /** `<model>-<seconds since 1970>-<4 hex digits>.json`, with `-error` before the dot for a failed call. */
  filename: string;
  /** JSON text: the prompt, the tools, and the reply or the error. */
  log_data: string;
  model_name: string;
  usage_id: string;
}

/** Tells of every call once it is over, failed ones included. Writing it somewhere is the listener's part. */
export function withCompletionLog(llm: Llm, config: LlmConfig, onLog: (log: CompletionLog) => void): Llm {
  const tell = (request: LlmRequest, outcome: object, suffix: string) => {
    const { messages, tools } = request;
    const seconds = (Date.now() / 1000).toFixed(3);
    onLog({
      filename: `${config.model.replaceAll("/", "__")}-${seconds}-${crypto.randomUUID().slice(0, 4)}${suffix}.json`,
      log_data: JSON.stringify({ messages, tools, ...outcome }),
      model_name: config.model,
      usage_id: config.usage_id,
    });
  };
  return {
    async complete(request) {
      let reply: LlmReply;
      try {
        reply = await llm.complete(request);
      } catch (error) {
        const name = error instanceof LlmError ? error.name : "Error";
        tell(request, { error: { name, message: messageOf(error) } }, "-error");
        throw error;
      }
      tell(request, { response: reply }, "");
      return reply;
    },
  };
}
