import type {
  CacheControlEphemeral,
  ContentBlockParam,
  ImageBlockParam,
  TextBlockParam,
  ToolUseBlockParam,
} from "@anthropic-ai/sdk/resources/messages";
import { asObject } from "../../is-object.ts";
import type { Content, Message, MessageToolCall, ThinkingBlock } from "../../wire/events/message.ts";
import { cacheMarks } from "../cache-marks.ts";
import type { Capabilities } from "../capabilities.ts";
import { thoughtSignature } from "../thought-signature.ts";

/** A prompt as the service takes it. */
export interface AnthropicPrompt {
  /** JSON text of the system blocks; undefined without any. */
  system: string | undefined;
  /** JSON text of the list of turns. */
  messages: string;
}

interface Turn {
  role: "user" | "assistant";
  /** JSON texts of blocks, joined by commas. */
  blocks: string[];
}

const CACHE: CacheControlEphemeral = { type: "ephemeral" };

/**
 * Builds a writer of prompts that converts and writes each message once. System messages become the system blocks, and
 * tool results become user turns.
 */
export function anthropicPromptWriter(
  capabilities: Capabilities,
): (messages: readonly Message[]) => AnthropicPrompt {
  const cache = new WeakMap<Message, string>();
  const write = (message: Message): string => {
    let written = cache.get(message);
    if (written === undefined) {
      written = writeBlocks(toBlocks(message, capabilities));
      cache.set(message, written);
    }
    return written;
  };
  return (prompt) => {
    const marks = capabilities.promptCacheMarkers ? cacheMarks(prompt) : null;
    const system: string[] = [];
    const turns: Turn[] = [];
    for (const message of prompt) {
      const mark = marks?.get(message);
      const blocks =
        mark === undefined ? write(message) : writeBlocks(markBlock(toBlocks(message, capabilities), mark));
      if (blocks === "") continue;
      if (message.role === "system") system.push(blocks);
      else addToTurn(turns, message.role === "assistant" ? "assistant" : "user", blocks);
    }
    return {
      system: system.length > 0 ? `[${system.join(",")}]` : undefined,
      messages: `[${turns.map(writeTurn).join(",")}]`,
    };
  };
}

function writeBlocks(blocks: readonly ContentBlockParam[]): string {
  return blocks.map((block) => JSON.stringify(block)).join(",");
}

/** Joins messages of one role: turns must alternate, and the results of a batch of calls must share a turn. */
function addToTurn(turns: Turn[], role: Turn["role"], blocks: string): void {
  const last = turns.at(-1);
  if (last?.role === role) last.blocks.push(blocks);
  else turns.push({ role, blocks: [blocks] });
}

function writeTurn({ role, blocks }: Turn): string {
  return `{"role":"${role}","content":[${blocks.join(",")}]}`;
}

function toBlocks(message: Message, { vision, unsignedThinking }: Capabilities): ContentBlockParam[] {
  switch (message.role) {
    case "system":
      return textBlocks(message.content);
    case "user":
      return contentBlocks(message.content, vision);
    case "assistant":
      return [
        ...(message.thinking_blocks ?? []).flatMap((block) => toThinking(block, unsignedThinking)),
        ...textBlocks(message.content),
        ...(message.tool_calls ?? []).map(toToolUse),
      ];
    case "tool": {
      const content = contentBlocks(message.content, vision);
      return [
        {
          type: "tool_result",
          tool_use_id: toCallId(message.tool_call_id ?? ""),
          ...(content.length && { content }),
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

function contentBlocks(content: readonly Content[], vision: boolean): SimpleBlock[] {
  return content.flatMap((part): SimpleBlock[] => {
    if (part.type === "text") return textBlocks([part]);
    return vision ? part.image_urls.map(toImage) : [];
  });
}

/** Leaves out blank text, which the protocol refuses. */
function textBlocks(content: readonly Content[]): TextBlockParam[] {
  return content.flatMap((part): TextBlockParam[] =>
    part.type === "text" && part.text.trim() !== "" ? [{ type: "text", text: part.text }] : [],
  );
}

function toImage(url: string): ImageBlockParam {
  const [, type, data] = /^data:(image\/[a-z+.-]+);base64,(.+)$/is.exec(url) ?? [];
  if (type === undefined || data === undefined) return { type: "image", source: { type: "url", url } };
  const media_type = (type === "image/jpg" ? "image/jpeg" : type) as "image/png";
  return { type: "image", source: { type: "base64", media_type, data } };
}

function markBlock(blocks: readonly ContentBlockParam[], at: number): ContentBlockParam[] {
  const marked = at < 0 ? blocks.length + at : at;
  return blocks.map((block, index) =>
    index === marked ? ({ ...block, cache_control: CACHE } as ContentBlockParam) : block,
  );
}
