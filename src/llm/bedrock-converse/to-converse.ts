import { asObject } from "../../is-object.ts";
import type { Content, Message, MessageToolCall, ThinkingBlock } from "../../wire/events/message.ts";
import type { Capabilities } from "../capabilities.ts";
import type { ToolSchema } from "../llm.ts";
import type { MarkedParts } from "../prompt/cache-marks.ts";
import { type MarkedMessage, type TurnsPrompt, turnsWriter } from "../prompt/turns.ts";
import { thoughtSignature } from "../thought-signature.ts";

/** A content block of Converse: an object with one field, which names its type. */
type Block = Record<string, unknown>;

const CACHE_POINT: Block = { cachePoint: { type: "default" } };
/** Longest id of a call that the service takes. */
const MAX_CALL_ID = 64;
const FORMATS: Readonly<Record<string, string>> = {
  png: "png",
  jpeg: "jpeg",
  jpg: "jpeg",
  gif: "gif",
  webp: "webp",
};

/** Builds a writer of prompts. */
export function conversePromptWriter(
  capabilities: Capabilities,
): (messages: readonly Message[]) => TurnsPrompt {
  return turnsWriter({
    vision: capabilities.vision,
    marks: capabilities.promptCacheMarkers,
    toBlocks: (piece) => toBlocks(piece, capabilities),
  });
}

/** Converts a tool. The service refuses an empty description. */
export function toToolSpec({ name, description, parameters }: ToolSchema): object {
  const described = description.trim() === "" ? {} : { description };
  return { toolSpec: { name, ...described, inputSchema: { json: parameters } } };
}

/**
 * Finds the tools that a prompt speaks of. The service refuses calls and results in a request without tools, so that a
 * question about a conversation has to name them.
 */
export function toolsSpokenOf(messages: readonly Message[]): ToolSchema[] {
  const names = new Set(messages.flatMap(({ tool_calls: calls }) => (calls ?? []).map(({ name }) => name)));
  return [...names].map((name) => ({
    name,
    description: "Was called earlier in this conversation; not to be called now.",
    parameters: { type: "object" },
  }));
}

function toBlocks({ message, marked }: MarkedMessage, { vision, unsignedThinking }: Capabilities): Block[] {
  switch (message.role) {
    case "system":
      return contentBlocks(message.content, false, marked);
    case "user":
      return contentBlocks(message.content, vision, marked);
    case "assistant":
      return [
        ...(message.thinking_blocks ?? []).flatMap((block) => toReasoning(block, unsignedThinking)),
        ...contentBlocks(message.content, false, marked),
        ...(message.tool_calls ?? []).map(toToolUse),
      ];
    case "tool":
      return [toToolResult(message, vision), ...(marked === undefined ? [] : [CACHE_POINT])];
  }
}

function toToolResult(message: Message, vision: boolean): Block {
  const content = contentBlocks(message.content, vision);
  return {
    toolResult: {
      toolUseId: toCallId(message.tool_call_id ?? ""),
      content: content.length > 0 ? content : [{ text: "(no output)" }],
    },
  };
}

/** Keeps the thinking that the service takes back. */
function toReasoning(block: ThinkingBlock, unsigned: boolean): Block[] {
  if (block.type === "redacted_thinking") {
    return thoughtSignature(block) === undefined
      ? [{ reasoningContent: { redactedContent: block.data } }]
      : [];
  }
  const { thinking, signature } = block;
  if (!signature && !unsigned) return [];
  return [{ reasoningContent: { reasoningText: { text: thinking, ...(signature && { signature }) } } }];
}

function toToolUse(call: MessageToolCall): Block {
  return { toolUse: { toolUseId: toCallId(call.id), name: call.name, input: parseObject(call.arguments) } };
}

/** Reads arguments as the object that the protocol requires, also where the model wrote broken JSON. */
function parseObject(json: string): Record<string, unknown> {
  try {
    return asObject(JSON.parse(json));
  } catch {
    return { invalid_arguments: json };
  }
}

/** Replaces characters that the service refuses in ids of other providers. */
function toCallId(id: string): string {
  return id.replace(/[^a-zA-Z0-9_-]/g, "_").slice(-MAX_CALL_ID) || "_";
}

/** Leaves out blank text, which the service refuses. A mark is a separate block, after the one that it marks. */
function contentBlocks(content: readonly Content[], vision: boolean, marked: MarkedParts = []): Block[] {
  return content.flatMap((part): Block[] => {
    const blocks = blocksOf(part, vision);
    return marked.includes(part) && blocks.length > 0 ? [...blocks, CACHE_POINT] : blocks;
  });
}

function blocksOf(part: Content, vision: boolean): Block[] {
  if (part.type === "text") return part.text.trim() === "" ? [] : [{ text: part.text }];
  return vision ? part.image_urls.map(toImage) : [];
}

/** The service takes images as data alone. */
function toImage(url: string): Block {
  const [, type = "", bytes] = /^data:image\/([a-z+.-]+);base64,(.+)$/is.exec(url) ?? [];
  const format = FORMATS[type.toLowerCase()];
  if (format === undefined || bytes === undefined) return { text: "[An image in another form was left out]" };
  return { image: { format, source: { bytes } } };
}
