import { z } from "zod";

/** A block. Blocks of types that are not read here are skipped. */
const typed = z.looseObject({ type: z.string() });

/** Block `text`. */
export const textBlock = z.object({ text: z.string() });
/** Block `thinking`. */
export const thinkingBlock = z.object({ thinking: z.string(), signature: z.string().nullish() });
/** Block `redacted_thinking`. */
export const redactedBlock = z.object({ data: z.string() });
/** Block `tool_use`. */
export const toolUseBlock = z.object({
  id: z.string().default(""),
  name: z.string(),
  input: z.unknown().optional(),
});

/** A whole message, or the head of a streamed one. Fields that the reply does not depend on may have any form. */
export const messageBody = z.object({
  id: z.string().nullish().catch(null),
  model: z.string().nullish().catch(null),
  content: z.array(typed).nullish(),
  stop_reason: z.string().nullish().catch(null),
  usage: z.unknown().optional(),
});

/** Event `message_start`. */
export const startEvent = z.object({ message: messageBody });
/** Event `content_block_start`. */
export const blockEvent = z.object({ index: z.number(), content_block: typed });
/** Event `content_block_delta`. The field that is set depends on the type of the delta. */
export const deltaEvent = z.object({
  index: z.number(),
  delta: z.object({
    type: z.string(),
    text: z.string().nullish(),
    thinking: z.string().nullish(),
    signature: z.string().nullish(),
    partial_json: z.string().nullish(),
  }),
});
/** Event `message_delta`. */
export const endEvent = z.object({
  delta: z.object({ stop_reason: z.string().nullish().catch(null) }).nullish(),
  usage: z.unknown().optional(),
});

export type MessageBody = z.output<typeof messageBody>;
