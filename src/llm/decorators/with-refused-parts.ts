import { type Logger, silentLogger } from "../../logger.ts";
import type { Content, Message } from "../../wire/events/message.ts";
import type { Llm, LlmRequest } from "../llm.ts";
import { LlmError, type LlmErrorName } from "../llm-error.ts";
import {
  contentsOf,
  isSuspect,
  join,
  leaveOut,
  noRefusedParts,
  type RefusedParts,
  suspectsIn,
} from "./refused-parts.ts";
import { withComplete } from "./with-complete.ts";

/** Most requests that search for the refused part of one prompt. */
const MAX_TRIALS = 6;
/** Answers that refuse a request for good because of its contents. */
const REFUSED_STATUS: ReadonlySet<number | undefined> = new Set([400, 413, 415, 422]);
const REFUSED_NAME: ReadonlySet<LlmErrorName> = new Set([
  "LLMBadRequestError",
  "LLMContentPolicyViolationError",
]);

/**
 * Leaves out of a prompt what its provider refuses for good, such as an image that is too large. Otherwise the refused
 * part would be in every later prompt, and the conversation could never go on. The model reads a note in place of the
 * part, so that it can tell the user.
 *
 * A tool that the refusal names and images are left out at once. Text is suspected when it was new in a prompt that was
 * refused, and only the next prompt that is refused is tried without it: until then the refusal is the caller's to
 * handle. Parts that were in an accepted prompt are not suspected. What the first accepted prompt lacks is left out of
 * later prompts too. Rejects with the first refusal when nothing helps.
 */
export function withRefusedParts(llm: Llm, logger: Logger = silentLogger): Llm {
  const accepted = new WeakSet<Content>();
  const refusedBefore = new WeakSet<Content>();
  let refused = noRefusedParts();

  async function complete(request: LlmRequest, without: RefusedParts) {
    const reply = await llm.complete(leaveOut(request, without));
    refused = without;
    accept(request, without);
    return reply;
  }

  /** Reads only the messages that came since the last prompt, so that the cost does not grow with the conversation. */
  function accept({ messages }: LlmRequest, { contents }: RefusedParts): void {
    for (let index = messages.length - 1; index >= 0; index -= 1) {
      const message = messages[index] as Message;
      if (!isSuspect(message)) continue;
      const fresh = message.content.filter((content) => !accepted.has(content) && !contents.has(content));
      if (fresh.length === 0 && message.content.length > 0) return;
      for (const content of fresh) accepted.add(content);
    }
  }

  async function completeWithout(request: LlmRequest, refusal: LlmError) {
    let latest = refusal;
    let without = refused;
    for (let trial = 0; trial < MAX_TRIALS; trial += 1) {
      const suspects = suspectsIn(request, { refusal: latest, without, accepted, refusedBefore });
      if (suspects === null) break;
      without = join(without, suspects);
      request.onRestart?.();
      try {
        const reply = await complete(request, without);
        const left = { contents: without.contents.size, tools: [...without.tools] };
        logger.warn(
          { error: refusal.message, left },
          "left out of the prompt what the model's provider refuses",
        );
        return reply;
      } catch (error) {
        if (!isRefusal(error)) throw error;
        latest = error;
      }
    }
    for (const content of contentsOf(request)) if (!accepted.has(content)) refusedBefore.add(content);
    throw refusal;
  }

  return withComplete(llm, async (request) => {
    try {
      return await complete(request, refused);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return completeWithout(request, error);
    }
  });
}

function isRefusal(error: unknown): error is LlmError {
  if (!LlmError.is(error) || error.retryable || !REFUSED_STATUS.has(error.status)) return false;
  return REFUSED_NAME.has(error.name) || error.status === 413;
}
