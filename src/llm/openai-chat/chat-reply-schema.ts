import { z } from "zod";

/** Text, or Mistral's list of parts. */
const words = z.union([z.string(), z.array(z.unknown())]).nullish();

/** A tool call or a piece of one. The arguments are JSON text; some servers send the object. */
const callPiece = z.object({
  index: z.number().nullish(),
  id: z.string().nullish(),
  function: z.object({ name: z.string().nullish(), arguments: z.unknown().optional() }).nullish(),
  extra_content: z.unknown().optional(),
});

/** A message or a piece of one. Servers name the reasoning differently. */
const messagePiece = z.object({
  content: words,
  refusal: words,
  reasoning_content: words,
  reasoning: words,
  tool_calls: z.array(callPiece).nullish(),
});

const choice = z.object({
  index: z.number().nullish().catch(null),
  finish_reason: z.string().nullish(),
  message: messagePiece.nullish(),
  delta: messagePiece.nullish(),
  error: z.unknown().optional(),
  /** Moonshot's place for the usage of a stream. */
  usage: z.unknown().optional(),
});

/** A completion or a chunk of one. Fields that the reply does not depend on may have any form. */
export const chatReply = z.object({
  id: z.string().nullish().catch(null),
  model: z.string().nullish().catch(null),
  choices: z.array(choice).nullish(),
  usage: z.unknown().optional(),
  /** MiniMax's place for failures. */
  base_resp: z
    .object({ status_code: z.number().nullish(), status_msg: z.string().nullish() })
    .nullish()
    .catch(null),
  /** Groq's place for the usage of a stream. */
  x_groq: z.object({ usage: z.unknown().optional() }).nullish().catch(null),
});

export type ChatReply = z.output<typeof chatReply>;
export type MessagePiece = z.output<typeof messagePiece>;
export type CallPiece = z.output<typeof callPiece>;
