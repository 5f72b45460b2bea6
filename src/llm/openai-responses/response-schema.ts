import { z } from "zod";

/** An output item. Items of types that are not read here are skipped. */
const typed = z.looseObject({ type: z.string() });

/** Output item `message`: text or a refusal in parts. */
export const messageItem = z.object({
  content: z.array(z.object({ text: z.string().nullish(), refusal: z.string().nullish() })).nullish(),
});

/** Output item `function_call`. */
export const callItem = z.object({
  id: z.string().nullish(),
  call_id: z.string().nullish(),
  name: z.string(),
  arguments: z.string().nullish(),
});

const summaryParts = z.array(z.object({ text: z.string() })).nullish();

/** Output item `reasoning`. */
export const reasoningItem = z.object({
  id: z.string().nullish(),
  summary: summaryParts,
  content: summaryParts,
  encrypted_content: z.string().nullish(),
  status: z.string().nullish(),
});

/** A whole response. Fields that the reply does not depend on may have any form. */
export const responseBody = z.object({
  id: z.string().nullish().catch(null),
  model: z.string().nullish().catch(null),
  output: z.array(typed).nullish(),
  error: z.unknown().optional(),
  incomplete_details: z.object({ reason: z.string().nullish() }).nullish().catch(null),
  usage: z.unknown().optional(),
});

/** An event that carries a piece of text. */
export const deltaEvent = z.object({ delta: z.string(), item_id: z.string().nullish() });
/** An event that carries a finished output item. */
export const itemEvent = z.object({ item: z.unknown().optional() });
/** The last event, which carries the whole response. */
export const finalEvent = z.object({ response: z.looseObject({ output: z.array(z.unknown()).nullish() }) });
