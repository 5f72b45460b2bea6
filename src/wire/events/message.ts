import { z } from "zod";
import { nullable } from "../nullable.ts";

export const textContent = z
  .strictObject({
    cache_prompt: z.boolean().default(false),
    type: z.literal("text").default("text"),
    text: z.string(),
  })
  .meta({ id: "TextContent" });

const imageContent = z
  .object({
    cache_prompt: z.boolean().default(false),
    type: z.literal("image").default("image"),
    image_urls: z.array(z.string()),
  })
  .meta({ id: "ImageContent" });

export const content = z.union([textContent, imageContent]);

export const messageToolCall = z
  .object({
    id: z.string(),
    responses_item_id: nullable(z.string()),
    name: z.string(),
    arguments: z.string().describe("JSON text"),
    origin: z.enum(["completion", "responses"]),
  })
  .meta({ id: "MessageToolCall" });

export const thinkingBlock = z.union([
  z.object({ type: z.literal("thinking"), thinking: z.string(), signature: nullable(z.string()) }),
  z.object({ type: z.literal("redacted_thinking"), data: z.string() }),
]);

export const reasoningItem = z
  .object({
    id: nullable(z.string()),
    summary: z.array(z.string()).default([]),
    content: nullable(z.array(z.string())),
    encrypted_content: nullable(z.string()),
    status: nullable(z.string()),
  })
  .meta({ id: "ReasoningItem" });

/** A bare string is one text part, null is none: only stored events and the socket are this lenient. */
const lenientContent = z.preprocess((input) => {
  if (input === null || input === undefined) return [];
  return typeof input === "string" ? [{ type: "text", text: input }] : input;
}, z.array(content));

export const message = z
  .object({
    role: z.enum(["user", "system", "assistant", "tool"]),
    content: lenientContent,
    tool_calls: nullable(z.array(messageToolCall)),
    tool_call_id: nullable(z.string()),
    name: nullable(z.string()),
    reasoning_content: nullable(z.string()),
    thinking_blocks: z.array(thinkingBlock).default([]),
    responses_reasoning_item: nullable(reasoningItem),
  })
  .meta({ id: "Message" });

/** Body of `POST …/events` and the `initial_message` of a new conversation. */
export const sendMessageRequest = z
  .object({
    role: z.enum(["user", "system", "assistant", "tool"]).default("user"),
    content: z.array(content).default([]),
    run: z.boolean().default(false).describe("Whether the agent should start at once"),
  })
  .meta({ id: "SendMessageRequest" });

export type TextContent = z.output<typeof textContent>;
/** A part of a message: text or images. */
export type Content = z.output<typeof content>;
/** A call as the model wrote it; `arguments` is JSON text. */
export type MessageToolCall = z.input<typeof messageToolCall>;
export type ThinkingBlock = z.input<typeof thinkingBlock>;
export type ReasoningItem = z.input<typeof reasoningItem>;
/** A message for a conversation; `run` starts the agent. */
export type SendMessageRequest = z.output<typeof sendMessageRequest>;

/** One message of a prompt or a reply. Absent and null mean the same. */
export interface Message {
  role: "user" | "system" | "assistant" | "tool";
  content: Content[];
  tool_calls?: MessageToolCall[] | null;
  tool_call_id?: string | null;
  name?: string | null;
  reasoning_content?: string | null;
  thinking_blocks?: ThinkingBlock[];
  responses_reasoning_item?: ReasoningItem | null;
}

/** Makes the text part of a message. */
export function text(value: string): TextContent {
  return { cache_prompt: false, type: "text", text: value };
}

/** Joins the text parts of a message. Images are left out. */
export function textOf(content: readonly Content[], separator = ""): string {
  return content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join(separator);
}

/** Joins the parts of a message, one a line, for people. Images are shown as `[image]`. */
export function readableText(content: readonly Content[]): string {
  return content.map((part) => (part.type === "text" ? part.text : "[image]")).join("\n");
}
