import { createLlm } from "../../llm/create-llm.ts";
import type { Llm, LlmReply, LlmRequest } from "../../llm/llm.ts";
import { LlmError, type LlmErrorName } from "../../llm/llm-error.ts";
import { silentLogger } from "../../logger.ts";
import { type LlmConfigInput, llmConfig } from "../../wire/agent/llm-config.ts";
import { type CanonicalOptions, createCleaner, FOLDER, TEST_FOLDER, toCanonical } from "./canonical.ts";
import { type CassetteMode, Tape } from "./tape.ts";

/** Whether a model is recorded or played back, and which. */
export interface CassetteOptions extends CanonicalOptions {
  mode: CassetteMode;
  /** The model that is recorded, or its configuration with its key. Not needed to replay. */
  llm?: Llm | LlmConfigInput;
}

type RecordedReply = { reply: LlmReply } | { error: RecordedError };

interface RecordedError {
  name: LlmErrorName;
  message: string;
  retryable: boolean;
  status?: number;
  retryAfter?: number;
}

/**
 * A model whose replies are recorded in a file once and come from there ever after, without a socket. A reply is found
 * by its request: messages, tools and stop words. A request that is not there rejects with the nearest recorded one and
 * the first place where they differ. Neither keys nor the test's folder are written. `path` is a JSON file.
 *
 * ```ts
 * const llm = cassette("test/oslo.json", { mode: "auto", llm: { model: "openai/gpt-4o", api_key: process.env.KEY } });
 * ```
 */
export function cassette(path: string, { mode, llm, redact = [], normalize }: CassetteOptions): Llm {
  const tape = new Tape(path, mode);
  const { model, key } = open(llm);
  const clean = createCleaner({ redact: key === undefined ? redact : [...redact, key], normalize });
  return {
    // A recorded failure reaches the conversation at once.
    decorated: true,
    async complete(request) {
      request.signal.throwIfAborted();
      const canonical = toCanonical(keyOf(request), clean);
      const found = tape.find(canonical);
      if (found !== undefined) return playBack(found.reply as RecordedReply, request);
      if (model === undefined) throw new Error(`${path}: recording needs a model, given as llm`);
      const record = (reply: RecordedReply) => tape.add(canonical, toCanonical(reply, clean));
      try {
        const reply = await model.complete(request);
        await record({ reply });
        return reply;
      } catch (error) {
        if (LlmError.is(error)) await record({ error: toRecorded(error) });
        throw error;
      }
    },
  };
}

function open(llm: CassetteOptions["llm"]): { model: Llm | undefined; key: string | undefined } {
  if (llm === undefined || "complete" in llm) return { model: llm, key: undefined };
  const config = llmConfig.parse(llm);
  const model = createLlm(config, { environment: {}, logger: silentLogger });
  return { model, key: config.api_key ?? undefined };
}

/** What makes two requests the same. Empty lists are left out, as the wire leaves them out. */
function keyOf({ messages, tools, stop }: LlmRequest): object {
  const written = messages.map((message) =>
    Object.fromEntries(
      Object.entries(message).filter(([, value]) => !Array.isArray(value) || value.length > 0),
    ),
  );
  return { messages: written, tools, stop };
}

function playBack(recorded: RecordedReply, request: LlmRequest): LlmReply {
  const folder = TEST_FOLDER.exec(JSON.stringify(request.messages))?.[0] ?? FOLDER;
  const local = toCanonical(recorded, (text) => text.replaceAll(FOLDER, folder)) as RecordedReply;
  if ("error" in local) {
    const { name, message, ...options } = local.error;
    throw new LlmError(name, message, options);
  }
  const { message } = local.reply;
  for (const part of message.content) if (part.type === "text") request.onDelta?.({ content: part.text });
  return { ...local.reply, usage: local.reply.usage ?? null, latency: 0 };
}

function toRecorded({ name, message, retryable, status, retryAfter }: LlmError): RecordedError {
  return {
    name,
    message,
    retryable,
    ...(status !== undefined && { status }),
    ...(retryAfter !== undefined && { retryAfter }),
  };
}
