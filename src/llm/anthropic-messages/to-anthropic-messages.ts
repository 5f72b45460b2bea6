import type {
  CacheControlEphemeral,
  ContentBlockParam,
  ImageBlockParam,
  MessageParam,
  TextBlockParam,
  ToolUseBlockParam,
} from "@anthropic-ai/sdk/resources/messages";
import type { Content, Message, MessageToolCall, ThinkingBlock } from "../../wire/message.ts";
import type { Capabilities } from "../capabilities.ts";
import { thoughtSignature } from "../thought-signature.ts";
import { clipToolText } from "../tool-text.ts";

export interface AnthropicPrompt {
  system: TextBlockParam[] | undefined;
  messages: MessageParam[];
}

const CACHE: CacheControlEphemeral = { type: "ephemeral" };

/** Converts prompts, each message once. System messages become the system blocks, tool results user turns. */
export function anthropicMessageConverter(
  capabilities: Capabilities,
): (messages: readonly Message[]) => AnthropicPrompt {
  const converted = new WeakMap<Message, ContentBlockParam[]>();
  const blocksOf = (message: Message): ContentBlockParam[] => {
    let blocks = converted.get(message);
    if (blocks === undefined) {
      blocks = toBlocks(message, capabilities.vision);
      converted.set(message, blocks);
    }
    return blocks;
  };
  return (prompt) => {
    const system: TextBlockParam[] = [];
    const messages: MessageParam[] = [];
    for (const message of prompt) {
      const blocks = blocksOf(message);
      if (message.role === "system") system.push(...(blocks as TextBlockParam[]));
      else if (blocks.length > 0)
        addTurn(messages, message.role === "assistant" ? "assistant" : "user", blocks);
    }
    if (capabilities.promptCacheMarkers) addCacheMarkers(system, messages);
    return { system: system.length > 0 ? system : undefined, messages };
  };
}

/** Turns must alternate, and every result of a batch of calls must be in the one turn after it. */
function addTurn(messages: MessageParam[], role: "assistant" | "user", blocks: ContentBlockParam[]): void {
  const last = messages.at(-1);
  if (last?.role !== role) {
    messages.push({ role, content: blocks });
  } else {
    messages[messages.length - 1] = { role, content: [...(last.content as ContentBlockParam[]), ...blocks] };
  }
}

function toBlocks(message: Message, vision: boolean): ContentBlockParam[] {
  switch (message.role) {
    case "system":
      return textBlocks(message.content);
    case "user":
      return contentBlocks(message.content, vision);
    case "assistant":
      return [
        ...(message.thinking_blocks ?? []).flatMap(toThinking),
        ...textBlocks(message.content),
        ...(message.tool_calls ?? []).map(toToolUse),
      ];
    case "tool": {
      const clipped = message.content.map((part) =>
        part.type === "text" ? { ...part, text: clipToolText(part.text) } : part,
      );
      const content = contentBlocks(clipped, vision);
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

/** Only what this provider signed can go back to it. */
function toThinking(block: ThinkingBlock): ContentBlockParam[] {
  if (block.type === "redacted_thinking") return thoughtSignature(block) === undefined ? [block] : [];
  return block.signature ? [{ type: "thinking", thinking: block.thinking, signature: block.signature }] : [];
}

function toToolUse(call: MessageToolCall): ToolUseBlockParam {
  return { type: "tool_use", id: toCallId(call.id), name: call.name, input: parseObject(call.arguments) };
}

/** Arguments that were no JSON are answered by an error; the call itself must still be an object here. */
function parseObject(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return { invalid_arguments: json };
  }
}

/** Other providers' ids may have characters that are refused here. */
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

/** Blank text is refused. */
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

/** Marks the end of the fixed part and the newest turn. The converted blocks are shared, so the marked are copies. */
function addCacheMarkers(system: TextBlockParam[], messages: MessageParam[]): void {
  const first = system[0];
  if (first !== undefined) system[0] = { ...first, cache_control: CACHE };
  const at = messages.findLastIndex((message) => message.role === "user");
  const turn = messages[at];
  if (turn === undefined || typeof turn.content === "string") return;
  const marked = turn.content.map((block, index) =>
    index === turn.content.length - 1 ? ({ ...block, cache_control: CACHE } as ContentBlockParam) : block,
  );
  messages[at] = { role: "user", content: marked };
}
