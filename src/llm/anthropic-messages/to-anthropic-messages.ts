import type {
  CacheControlEphemeral,
  ContentBlockParam,
  ImageBlockParam,
  TextBlockParam,
  ToolUseBlockParam,
} from "@anthropic-ai/sdk/resources/messages";
import { asObject } from "../../is-object.ts";
import type { Content, Message, MessageToolCall, ThinkingBlock } from "../../wire/events/message.ts";
import type { Capabilities } from "../capabilities.ts";
import type { MarkedParts } from "../prompt/cache-marks.ts";
import { type MarkedMessage, type TurnsPrompt, turnsWriter } from "../prompt/turns.ts";
import { thoughtSignature } from "../thought-signature.ts";

const CACHE: CacheControlEphemeral = { type: "ephemeral" };

/** Builds a writer of prompts. */
export function anthropicPromptWriter(
  capabilities: Capabilities,
): (messages: readonly Message[]) => TurnsPrompt {
  return turnsWriter({
    vision: capabilities.vision,
    marks: capabilities.promptCacheMarkers,
    toBlocks: (piece) => toBlocks(piece, capabilities),
  });
}

function toBlocks(
  { message, marked }: MarkedMessage,
  { vision, unsignedThinking }: Capabilities,
): ContentBlockParam[] {
  switch (message.role) {
    case "system":
      return textBlocks(message.content, marked);
    case "user":
      return contentBlocks(message.content, vision, marked);
    case "assistant":
      return [
        ...(message.thinking_blocks ?? []).flatMap((block) => toThinking(block, unsignedThinking)),
        ...textBlocks(message.content, marked),
        ...(message.tool_calls ?? []).map(toToolUse),
      ];
    case "tool": {
      const content = contentBlocks(message.content, vision);
      return [
        {
          type: "tool_result",
          tool_use_id: toCallId(message.tool_call_id ?? ""),
          ...(content.length && { content }),
          ...(marked && { cache_control: CACHE }),
        },
      ];
    }
  }
}

/** Keeps the thinking that the provider takes back. */
function toThinking(block: ThinkingBlock, unsigned: boolean): ContentBlockParam[] {
  if (block.type === "redacted_thinking") return thoughtSignature(block) === undefined ? [block] : [];
  const { thinking, signature } = block;
  return signature || unsigned ? [{ type: "thinking", thinking, signature: signature ?? "" }] : [];
}

function toToolUse(call: MessageToolCall): ToolUseBlockParam {
  return { type: "tool_use", id: toCallId(call.id), name: call.name, input: parseObject(call.arguments) };
}

/** Reads arguments as the object that the protocol requires, also where the model wrote broken JSON. */
function parseObject(json: string): Record<string, unknown> {
  try {
    return asObject(JSON.parse(json));
  } catch {
    return { invalid_arguments: json };
  }
}

/** Replaces characters that this protocol refuses in ids of other providers. */
function toCallId(id: string): string {
  return id.replace(/[^a-zA-Z0-9_-]/g, "_");
}

type SimpleBlock = TextBlockParam | ImageBlockParam;

function contentBlocks(
  content: readonly Content[],
  vision: boolean,
  marked: MarkedParts = [],
): SimpleBlock[] {
  return content.flatMap((part): SimpleBlock[] => {
    if (part.type === "text") return textBlocks([part], marked);
    const images = vision ? part.image_urls.map(toImage) : [];
    return marked.includes(part) ? markLast(images) : images;
  });
}

/** Leaves out blank text, which the protocol refuses. */
function textBlocks(content: readonly Content[], marked: MarkedParts = []): TextBlockParam[] {
  return content.flatMap((part): TextBlockParam[] => {
    if (part.type !== "text" || part.text.trim() === "") return [];
    const block: TextBlockParam = { type: "text", text: part.text };
    return [marked.includes(part) ? { ...block, cache_control: CACHE } : block];
  });
}

function markLast(blocks: readonly SimpleBlock[]): SimpleBlock[] {
  return blocks.map((block, index) =>
    index === blocks.length - 1 ? { ...block, cache_control: CACHE } : block,
  );
}

function toImage(url: string): ImageBlockParam {
  const [, type, data] = /^data:(image\/[a-z+.-]+);base64,(.+)$/is.exec(url) ?? [];
  if (type === undefined || data === undefined) return { type: "image", source: { type: "url", url } };
  const media_type = (type === "image/jpg" ? "image/jpeg" : type) as "image/png";
  return { type: "image", source: { type: "base64", media_type, data } };
}
