import { z } from "zod";

/** A block of reasoning: in words, or withheld. */
const reasoning = z.object({
  reasoningText: z.object({ text: z.string(), signature: z.string().nullish() }).nullish(),
  redactedContent: z.string().nullish(),
});

/** A content block, which has one of these. Blocks of other sorts are skipped. */
const block = z.object({
  text: z.string().nullish(),
  toolUse: z
    .object({ toolUseId: z.string().default(""), name: z.string(), input: z.unknown().optional() })
    .nullish(),
  reasoningContent: reasoning.nullish(),
});

/** A whole reply. Fields that the reply does not depend on may have any form. */
export const converseReply = z.object({
  output: z.object({ message: z.object({ content: z.array(block).nullish() }) }),
  stopReason: z.string().nullish().catch(null),
  usage: z.unknown().optional(),
});

/** Event `contentBlockStart`. Only tool calls begin with something. */
export const blockStart = z.object({
  contentBlockIndex: z.number(),
  start: z
    .object({ toolUse: z.object({ toolUseId: z.string().default(""), name: z.string() }).nullish() })
    .nullish(),
});

/** Event `contentBlockDelta`. The field that is set tells the sort of the block. */
export const blockDelta = z.object({
  contentBlockIndex: z.number(),
  delta: z.object({
    text: z.string().nullish(),
    toolUse: z.object({ input: z.string().nullish() }).nullish(),
    reasoningContent: z
      .object({
        text: z.string().nullish(),
        signature: z.string().nullish(),
        redactedContent: z.string().nullish(),
      })
      .nullish(),
  }),
});

/** Event `messageStop`. */
export const messageStop = z.object({ stopReason: z.string().nullish().catch(null) });
/** Event `metadata`. */
export const metadata = z.object({ usage: z.unknown().optional() });

export type ConverseBlock = z.output<typeof block>;
export type BlockDelta = z.output<typeof blockDelta>;
