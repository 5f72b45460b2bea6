import { type Clock, systemClock } from "../../clock.ts";
import { messageOf } from "../../errors.ts";
import type { LlmConfig } from "../../wire/agent/llm-config.ts";
import type { Llm, LlmReply, LlmRequest } from "../llm.ts";
import { LlmError } from "../llm-error.ts";
import { withComplete } from "./with-complete.ts";

/** Record of one model call: the fields of an `LLMCompletionLogEvent`. */
export interface CompletionLog {
  /** `<model>-<seconds since 1970>-<4 hex digits>.json`, with `-error` before the dot for a failed call. */
  filename: string;
  /** JSON text: the prompt, the tools, and the reply or the error. */
  log_data: string;
  /** Name of the configured model. */
  model_name: string;
  /** Account that the call was booked on, such as `default`. */
  usage_id: string;
}

/** Options of `withCompletionLog`. */
export interface CompletionLogOptions {
  /** Receives each call once it is over, failed calls included. Storing it is the receiver's part. */
  onCompletion: (log: CompletionLog) => void;
  /** Source of the time and digits in file names. Default: the system's. */
  clock?: Clock;
}

/** Reports every call of a model. Retries within the model count as one call. */
export function withCompletionLog(
  llm: Llm,
  config: Pick<LlmConfig, "model" | "usage_id">,
  { onCompletion, clock = systemClock }: CompletionLogOptions,
): Llm {
  const report = (request: LlmRequest, outcome: object, suffix: string) => {
    const { messages, tools } = request;
    const seconds = (clock.now() / 1000).toFixed(3);
    const digits = clock.newId().slice(0, 4);
    onCompletion({
      filename: `${config.model.replaceAll("/", "__")}-${seconds}-${digits}${suffix}.json`,
      log_data: JSON.stringify({ messages, tools, ...outcome }),
      model_name: config.model,
      usage_id: config.usage_id,
    });
  };
  return withComplete(llm, async (request) => {
    let reply: LlmReply;
    try {
      reply = await llm.complete(request);
    } catch (error) {
      const name = LlmError.is(error) ? error.name : "Error";
      report(request, { error: { name, message: messageOf(error) } }, "-error");
      throw error;
    }
    report(request, { response: reply }, "");
    return reply;
  });
}
