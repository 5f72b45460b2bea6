import { withComplete } from "../../../llm/decorators/with-complete.ts";
import type { Llm, LlmDelta } from "../../../llm/llm.ts";
import { DeepMask } from "../../../secrets/masking/deep-mask.ts";
import { maskError } from "../../../secrets/masking/mask-error.ts";
import type { SecretMask } from "../../../secrets/masking/secret-mask.ts";
import { StreamMask } from "../../../secrets/masking/stream-mask.ts";
import type { Content, Message, MessageToolCall, ThinkingBlock } from "../../../wire/events/message.ts";

/** Tools whose arguments are words for people and change nothing. */
const SPEECH: ReadonlySet<string> = new Set(["finish", "think"]);

/**
 * Hides secret values in what a model says: in its text and reasoning, in the pieces of a reply while it is written,
 * and in its errors. Left alone are signed reasoning, which providers refuse when it has changed, and the arguments of
 * calls that do something, which are carried out as the model wrote them.
 */
export function maskedLlm(llm: Llm, secrets: { mask(): Promise<SecretMask> }): Llm {
  return withComplete(llm, async ({ onDelta, onRestart, ...request }) => {
    const mask = await secrets.mask();
    request.signal.throwIfAborted();
    const deltas = onDelta && new DeltaMask(mask, onDelta);
    try {
      const reply = await llm.complete({
        ...request,
        ...(deltas && { onDelta: (delta) => deltas.push(delta) }),
        onRestart() {
          deltas?.restart();
          onRestart?.();
        },
      });
      deltas?.end();
      // Asked for again: the call may have looked up a new key of the model.
      return { ...reply, message: await maskMessage(reply.message, await secrets.mask()) };
    } catch (error) {
      throw await maskError(error, await secrets.mask());
    }
  });
}

/** Passes on the pieces of a reply, text and reasoning each as a stream in which no value shows. */
class DeltaMask {
  readonly #content = new StreamMask();
  readonly #reasoning = new StreamMask();
  readonly #onDelta: (delta: LlmDelta) => void;
  /** The provider's id of the last piece. */
  #chunk: Pick<LlmDelta, "chunk_id"> = {};

  constructor(mask: SecretMask, onDelta: (delta: LlmDelta) => void) {
    this.#content.setMask(mask);
    this.#reasoning.setMask(mask);
    this.#onDelta = onDelta;
  }

  push({ content, reasoning_content: reasoning, ...place }: LlmDelta): void {
    this.#chunk = place.chunk_id === undefined ? {} : { chunk_id: place.chunk_id };
    this.#pass({
      content: content && this.#content.push(content),
      reasoning_content: reasoning && this.#reasoning.push(reasoning),
      ...place,
    });
  }

  /** Drops what is held back: another reply begins. */
  restart(): void {
    this.#content.end();
    this.#reasoning.end();
  }

  end(): void {
    const [content, reasoning_content] = [this.#content.end(), this.#reasoning.end()];
    this.#pass({ content, reasoning_content, ...this.#chunk });
  }

  #pass({ content, reasoning_content: reasoning, ...place }: LlmDelta): void {
    if (!content && !reasoning) return;
    this.#onDelta({
      ...(content && { content }),
      ...(reasoning && { reasoning_content: reasoning }),
      ...place,
    });
  }
}

async function maskMessage(message: Message, mask: SecretMask): Promise<Message> {
  if (mask.isEmpty) return message;
  const { content, reasoning_content: reasoning, tool_calls: calls, thinking_blocks: thoughts } = message;
  const deep = new DeepMask(mask);
  return {
    ...message,
    content: await inTurn(content, (part) => maskPart(part, deep)),
    ...(reasoning && { reasoning_content: await deep.text(reasoning) }),
    ...(calls && { tool_calls: await inTurn(calls, (call) => maskCall(call, deep)) }),
    ...(thoughts && { thinking_blocks: await inTurn(thoughts, (thought) => maskThought(thought, deep)) }),
  };
}

async function maskPart(part: Content, deep: DeepMask): Promise<Content> {
  return part.type === "text" ? { ...part, text: await deep.text(part.text) } : part;
}

async function maskThought(block: ThinkingBlock, deep: DeepMask): Promise<ThinkingBlock> {
  if (block.type !== "thinking" || block.signature) return block;
  return { ...block, thinking: await deep.text(block.thinking) };
}

async function maskCall(call: MessageToolCall, deep: DeepMask): Promise<MessageToolCall> {
  return SPEECH.has(call.name) ? { ...call, arguments: await maskJson(call.arguments, deep) } : call;
}

/** Masks the values of JSON rather than its text, in which a mask could cut an escape in two. */
async function maskJson(json: string, deep: DeepMask): Promise<string> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return deep.text(json);
  }
  const masked = JSON.stringify(await deep.value(value));
  return masked === JSON.stringify(value) ? json : masked;
}

async function inTurn<T>(items: readonly T[], map: (item: T) => Promise<T>): Promise<T[]> {
  const mapped: T[] = [];
  for (const item of items) mapped.push(await map(item));
  return mapped;
}
