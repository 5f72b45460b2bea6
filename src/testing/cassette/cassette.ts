import { createLlm } from "../../llm/create-llm.ts";
import type { Llm, LlmReply, LlmRequest } from "../../llm/llm.ts";
import { LlmError, type LlmErrorName } from "../../llm/llm-error.ts";
import { silentLogger } from "../../logger.ts";
import { type LlmConfigInput, llmConfig } from "../../wire/agent/llm-config.ts";
import { type CanonicalOptions, createCleaner, FOLDER, TEST_FOLDER, toCanonical } from "./canonical.ts";
import { type CassetteMode, Tape } from "./tape.ts";

/** Options of a recorded model. */
export interface CassetteOptions extends CanonicalOptions {
  /** Whether replies are recorded or played back. */
  mode: CassetteMode;
  /** The model to record, or its configuration with its key. Required for recording. */
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
 * Records the replies of a model in a file and plays them back without a network. Replies are looked up by messages,
 * tools and stop words. The file holds neither keys nor the test's folder. `path` names a JSON file.
 *
 * @throws Error in mode `replay` for a request that is not recorded. It names the nearest recorded one and the first
 * difference.
 *
 * @example
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
      const entry = tape.find(canonical);
      if (entry !== undefined) return playBack(entry.reply as RecordedReply, request);
      if (model === undefined) throw new Error(`${path}: recording needs the option llm`);
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

/** Selects the parts of a request that identify it. Empty lists are left out, as on the wire. */
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
