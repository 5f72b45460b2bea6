import type {
  ChatCompletionContentPart,
  ChatCompletionMessageParam,
} from "openai/resources/chat/completions";
import type { Content, Message, MessageToolCall } from "../../wire/events/message.ts";
import type { Capabilities } from "../capabilities.ts";
import { cacheMarks } from "../prompt/cache-marks.ts";
import { JoinedPrompt } from "../prompt/joined-prompt.ts";
import { thoughtSignature } from "../thought-signature.ts";

/** How a server wants messages written. */
export interface ChatDialect {
  capabilities: Pick<Capabilities, "vision" | "stringContent" | "promptCacheMarkers">;
  /** Sends the reasoning back, since the server refuses tool calls without it. */
  reasoningContent: boolean;
  /** False: content is always a list, also where plain text would do. */
  plainText: boolean;
  /** Adds LiteLLM's field for the thinking blocks of Claude. */
  thinkingBlocks: boolean;
}

type CacheControl = { cache_control?: { type: "ephemeral" } };
type Part = ChatCompletionContentPart & CacheControl;
/** A message of the request, with the fields that other providers add to OpenAI's. */
type ChatMessage = ChatCompletionMessageParam & CacheControl;

interface Converted {
  message: ChatMessage;
  /** Images of a tool result, which the protocol accepts from users only. */
  images: Part[];
}

/** A message, one with a cache mark at a part, or the images of the tool results before. */
type Piece = Message | { marked: Message; at: number } | { imagesOf: readonly Message[] };

/**
 * Builds a writer of prompts as the JSON text of the messages, without the brackets of the list. The bytes are valid
 * until the next prompt.
 */
export function chatMessageWriter(dialect: ChatDialect): (messages: readonly Message[]) => Uint8Array {
  const prompt = new JoinedPrompt<Piece, boolean>({
    first: false,
    isSame: isSamePiece,
    write: (piece, hasMore) => ({ text: (hasMore ? "," : "") + writePiece(piece, dialect), after: true }),
  });
  return (messages) => prompt.join(toPieces(messages, dialect.capabilities)).bytes;
}

function toPieces(messages: readonly Message[], capabilities: ChatDialect["capabilities"]): Piece[] {
  const marks = capabilities.promptCacheMarkers ? cacheMarks(messages) : null;
  const pieces: Piece[] = [];
  let imagesOf: Message[] = [];
  for (const message of messages) {
    // Results of one batch of calls must stay together; their images follow.
    if (message.role !== "tool" && imagesOf.length > 0) {
      pieces.push({ imagesOf });
      imagesOf = [];
    }
    const at = marks?.get(message);
    pieces.push(at === undefined ? message : { marked: message, at });
    if (capabilities.vision && message.role === "tool" && hasImage(message)) imagesOf.push(message);
  }
  if (imagesOf.length > 0) pieces.push({ imagesOf });
  return pieces;
}

function hasImage({ content }: Message): boolean {
  return content.some(({ type }) => type === "image");
}

function isSamePiece(one: Piece, other: Piece): boolean {
  if (one === other) return true;
  if ("marked" in one) return "marked" in other && one.marked === other.marked && one.at === other.at;
  // The messages before them are the same, and decide what they are.
  return "imagesOf" in one && "imagesOf" in other;
}

function writePiece(piece: Piece, dialect: ChatDialect): string {
  if ("marked" in piece)
    return JSON.stringify(markPart(toChatMessage(piece.marked, dialect).message, piece.at));
  if ("imagesOf" in piece) {
    const images = piece.imagesOf.flatMap((message) => toChatMessage(message, dialect).images);
    return JSON.stringify({ role: "user", content: images });
  }
  return JSON.stringify(toChatMessage(piece, dialect).message);
}

function toChatMessage(message: Message, dialect: ChatDialect): Converted {
  const { vision } = dialect.capabilities;
  switch (message.role) {
    case "system":
      return {
        message: { role: "system", content: contentOf(message.content, dialect) as string },
        images: [],
      };
    case "user":
      return { message: { role: "user", content: contentOf(message.content, dialect) }, images: [] };
    case "assistant":
      return { message: toAssistant(message, dialect), images: [] };
    case "tool": {
      const images = vision ? imageParts(message.content) : [];
      const texts = message.content.filter((part) => part.type === "text");
      const content = contentOf(texts, dialect);
      const tool = { role: "tool", tool_call_id: message.tool_call_id ?? "", content } as ChatMessage;
      // OpenAI's shape has no name here, but Gemini's and some chat templates need it.
      return { message: message.name ? ({ ...tool, name: message.name } as ChatMessage) : tool, images };
    }
  }
}

function toAssistant(message: Message, dialect: ChatDialect): ChatMessage {
  const calls = message.tool_calls ?? [];
  const texts = message.content.filter((part) => part.type === "text" && part.text.trim() !== "");
  const assistant: Record<string, unknown> = { role: "assistant" };
  if (texts.length > 0) assistant.content = contentOf(texts, dialect);
  else if (calls.length === 0) assistant.content = "";
  if (calls.length > 0) assistant.tool_calls = toToolCalls(message, calls);
  // The field must not be empty, also where another model made the calls without reasoning.
  const reasoning = message.reasoning_content || (calls.length > 0 ? " " : "");
  if (dialect.reasoningContent && reasoning) assistant.reasoning_content = reasoning;
  if (dialect.thinkingBlocks) {
    const blocks = (message.thinking_blocks ?? []).filter((block) => thoughtSignature(block) === undefined);
    if (blocks.length > 0) assistant.thinking_blocks = blocks;
  }
  return assistant as unknown as ChatMessage;
}

function toToolCalls(message: Message, calls: readonly MessageToolCall[]): unknown[] {
  const signature = (message.thinking_blocks ?? [])
    .map(thoughtSignature)
    .find((value) => value !== undefined);
  return calls.map((call, index) => {
    const item = {
      id: call.id,
      type: "function",
      function: { name: call.name, arguments: call.arguments },
    };
    // Gemini signs the first call of a batch.
    if (index > 0 || signature === undefined) return item;
    return { ...item, extra_content: { google: { thought_signature: signature } } };
  });
}

/** Writes text without marks as one string, the form that every server accepts, and everything else as a list. */
function contentOf(content: readonly Content[], dialect: ChatDialect): string | Part[] {
  const { stringContent, vision, promptCacheMarkers } = dialect.capabilities;
  const parts = content.filter((part) => part.type === "text" || vision);
  const onlyText = parts.every((part) => part.type === "text");
  if (onlyText && (stringContent || (dialect.plainText && !promptCacheMarkers))) {
    return parts.map((part) => part.text).join("\n");
  }
  return parts.flatMap((part): Part[] =>
    part.type === "text" ? [{ type: "text", text: part.text }] : imageParts([part]),
  );
}

function imageParts(content: readonly Content[]): Part[] {
  return content.flatMap((part) =>
    part.type === "image"
      ? part.image_urls.map((url): Part => ({ type: "image_url", image_url: { url } }))
      : [],
  );
}

function markPart(message: ChatMessage, index: number): ChatMessage {
  const cache_control = { type: "ephemeral" } as const;
  if (message.role === "tool") return { ...message, cache_control };
  const content =
    typeof message.content === "string"
      ? [{ type: "text" as const, text: message.content }]
      : message.content;
  if (!content || content.length === 0) return message;
  const at = index < 0 ? content.length + index : index;
  const marked = content.map((part, position) => (position === at ? { ...part, cache_control } : part));
  return { ...message, content: marked } as ChatMessage;
}
