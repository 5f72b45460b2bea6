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
  z
    .object({ type: z.literal("thinking"), thinking: z.string(), signature: nullable(z.string()) })
    .meta({ id: "ThinkingBlock" }),
  z.object({ type: z.literal("redacted_thinking"), data: z.string() }).meta({ id: "RedactedThinkingBlock" }),
]);

export const reasoningItem = z
  .object({
    id: nullable(z.string()),
    summary: z.array(z.string()).default([]),
    content: nullable(z.array(z.string())),
    encrypted_content: nullable(z.string()),
    status: nullable(z.string()),
  })
  .meta({ id: "ReasoningItemModel" });

/** Reads a string as one text part and null as no parts. Requests over HTTP are stricter, as in the reference. */
const lenientContent = z
  .preprocess((input) => {
    if (input === null || input === undefined) return [];
    return typeof input === "string" ? [{ type: "text", text: input }] : input;
  }, z.array(content))
  .prefault([]);

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
    run: z.boolean().default(false).describe("Starts the agent"),
  })
  .meta({ id: "SendMessageRequest" });

/** The text part of a message. `cache_prompt` marks the end of a prefix that the provider should cache. */
export type TextContent = z.output<typeof textContent>;
/** A part of a message: text or images. */
export type Content = z.output<typeof content>;
/** A tool call as the model wrote it; `arguments` is JSON text. */
export type MessageToolCall = z.input<typeof messageToolCall>;
/** A piece of Anthropic reasoning. It must be sent back unchanged, signature included. */
export type ThinkingBlock = z.input<typeof thinkingBlock>;
/** The reasoning of an OpenAI Responses reply. It must be sent back unchanged. */
export type ReasoningItem = z.input<typeof reasoningItem>;
/** A message for a conversation; `run` starts the agent. */
export type SendMessageRequest = z.output<typeof sendMessageRequest>;

/** One message of a prompt or a reply. Absent fields and null mean the same. */
export interface Message {
  /** The author; `tool` for the result of a call. */
  role: "user" | "system" | "assistant" | "tool";
  /** Text and image parts, in order. */
  content: Content[];
  /** Calls of an assistant message. */
  tool_calls?: MessageToolCall[] | null;
  /** The call that a tool message answers. */
  tool_call_id?: string | null;
  /** The tool that a tool message comes from. */
  name?: string | null;
  /** The reasoning of an assistant message as plain text. */
  reasoning_content?: string | null;
  /** The reasoning of an assistant message as Anthropic sends it. */
  thinking_blocks?: ThinkingBlock[];
  /** The reasoning of an assistant message as OpenAI Responses sends it. */
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
