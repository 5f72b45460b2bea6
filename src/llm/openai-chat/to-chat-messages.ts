import type {
  ChatCompletionContentPart,
  ChatCompletionMessageParam,
} from "openai/resources/chat/completions";
import type { Content, Message, MessageToolCall } from "../../wire/events/message.ts";
import type { Capabilities } from "../capabilities.ts";
import { cacheMarker, isMarkedAlike, type MarkedParts } from "../prompt/cache-marks.ts";
import { JoinedPrompt } from "../prompt/joined-prompt.ts";
import { wellFormedJson } from "../prompt/well-formed-json.ts";
import { SKIPPED_SIGNATURE, thoughtSignature } from "../thought-signature.ts";

/** How a server wants messages written. */
export interface ChatDialect {
  capabilities: Pick<Capabilities, "vision" | "stringContent" | "promptCacheMarkers">;
  /** Sends the reasoning back, since the server refuses tool calls without it. */
  reasoningContent: boolean;
  /** False: content is always a list, also where plain text would do. */
  plainText: boolean;
  /** Adds LiteLLM's field for the thinking blocks of Claude. */
  thinkingBlocks: boolean;
  /** Marks calls that another model made, since Gemini refuses those without its signature. */
  signedCalls: boolean;
  /** Marks a result of a tool in its last part, where LiteLLM and others look at the message. */
  marksParts: boolean;
  /** Writes the id of a call as the server takes it. */
  callId(id: string): string;
}

const CACHE = { type: "ephemeral" } as const;
type CacheControl = { cache_control?: typeof CACHE };
type Part = ChatCompletionContentPart & CacheControl;
/** A message of the request, with the fields that other providers add to OpenAI's. */
type ChatMessage = ChatCompletionMessageParam & CacheControl;

interface Converted {
  message: ChatMessage;
  /** Images of a tool result, which the protocol accepts from users only. */
  images: Part[];
}

/** A message, one with cache marks, or the images of the tool results before. */
type Piece = Message | { marked: Message; parts: MarkedParts } | { imagesOf: readonly Message[] };

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
  const { promptCacheMarkers, vision } = dialect.capabilities;
  const cacheMarks = cacheMarker();
  return (messages) =>
    prompt.join(
      toPieces(messages, { vision, marks: promptCacheMarkers ? cacheMarks(messages, vision) : null }),
    ).bytes;
}

interface PieceOptions {
  vision: boolean;
  /** null for a provider without marks. */
  marks: ReadonlyMap<Message, MarkedParts> | null;
}

function toPieces(messages: readonly Message[], { vision, marks }: PieceOptions): Piece[] {
  const pieces: Piece[] = [];
  let imagesOf: Message[] = [];
  for (const message of messages) {
    // Results of one batch of calls must stay together; their images follow.
    if (message.role !== "tool" && imagesOf.length > 0) {
      pieces.push({ imagesOf });
      imagesOf = [];
    }
    const parts = marks?.get(message);
    pieces.push(parts === undefined ? message : { marked: message, parts });
    if (vision && message.role === "tool" && hasImage(message)) imagesOf.push(message);
  }
  if (imagesOf.length > 0) pieces.push({ imagesOf });
  return pieces;
}

function hasImage({ content }: Message): boolean {
  return content.some(({ type }) => type === "image");
}

function isSamePiece(one: Piece, other: Piece): boolean {
  if (one === other) return true;
  if ("marked" in one) {
    return "marked" in other && one.marked === other.marked && isMarkedAlike(one.parts, other.parts);
  }
  // The messages before them are the same, and decide what they are.
  return "imagesOf" in one && "imagesOf" in other;
}

function writePiece(piece: Piece, dialect: ChatDialect): string {
  if ("marked" in piece) return wellFormedJson(toChatMessage(piece.marked, dialect, piece.parts).message);
  if ("imagesOf" in piece) {
    const images = piece.imagesOf.flatMap((message) => toChatMessage(message, dialect).images);
    return JSON.stringify({ role: "user", content: images });
  }
  return wellFormedJson(toChatMessage(piece, dialect).message);
}

function toChatMessage(message: Message, dialect: ChatDialect, marked?: MarkedParts): Converted {
  const { vision } = dialect.capabilities;
  switch (message.role) {
    case "system":
      return {
        message: { role: "system", content: contentOf(message.content, dialect, marked) as string },
        images: [],
      };
    case "user":
      return { message: { role: "user", content: contentOf(message.content, dialect, marked) }, images: [] };
    case "assistant":
      return { message: toAssistant(message, dialect, marked), images: [] };
    case "tool": {
      const images = vision ? imageParts(message.content) : [];
      const texts = message.content.filter((part) => part.type === "text");
      const isInParts = dialect.marksParts && marked !== undefined && texts.length > 0;
      const content = contentOf(texts, dialect, isInParts ? texts.slice(-1) : []);
      const mark = marked === undefined || isInParts ? {} : { cache_control: CACHE };
      const tool = {
        role: "tool",
        tool_call_id: dialect.callId(message.tool_call_id ?? ""),
        content,
        ...mark,
      } as ChatMessage;
      // OpenAI's shape has no name here, but Gemini's and some chat templates need it.
      return { message: message.name ? ({ ...tool, name: message.name } as ChatMessage) : tool, images };
    }
  }
}

function toAssistant(message: Message, dialect: ChatDialect, marked?: MarkedParts): ChatMessage {
  const calls = message.tool_calls ?? [];
  const texts = message.content.filter((part) => part.type === "text" && part.text.trim() !== "");
  const assistant: Record<string, unknown> = { role: "assistant" };
  if (texts.length > 0) assistant.content = contentOf(texts, dialect, marked);
  else if (calls.length === 0) assistant.content = "";
  if (calls.length > 0) assistant.tool_calls = toToolCalls(message, calls, dialect);
  // The field must not be empty, also where another model made the calls without reasoning.
  const reasoning = message.reasoning_content || (calls.length > 0 ? " " : "");
  if (dialect.reasoningContent && reasoning) assistant.reasoning_content = reasoning;
  if (dialect.thinkingBlocks) {
    const blocks = (message.thinking_blocks ?? []).filter((block) => thoughtSignature(block) === undefined);
    if (blocks.length > 0) assistant.thinking_blocks = blocks;
  }
  return assistant as unknown as ChatMessage;
}

function toToolCalls(
  message: Message,
  calls: readonly MessageToolCall[],
  { callId, signedCalls }: ChatDialect,
): unknown[] {
  const signature =
    (message.thinking_blocks ?? []).map(thoughtSignature).find((value) => value !== undefined) ??
    (signedCalls ? SKIPPED_SIGNATURE : undefined);
  return calls.map((call, index) => {
    const item = {
      id: callId(call.id),
      type: "function",
      function: { name: call.name, arguments: call.arguments },
    };
    // Gemini signs the first call of a batch.
    if (index > 0 || signature === undefined) return item;
    return { ...item, extra_content: { google: { thought_signature: signature } } };
  });
}

/** Writes text without marks as one string, the form that every server accepts, and everything else as a list. */
function contentOf(
  content: readonly Content[],
  dialect: ChatDialect,
  marked: MarkedParts = [],
): string | Part[] {
  const { stringContent, vision, promptCacheMarkers } = dialect.capabilities;
  const parts = content.filter((part) => part.type === "text" || vision);
  const onlyText = parts.every((part) => part.type === "text");
  if (onlyText && (stringContent || (dialect.plainText && !promptCacheMarkers))) {
    const text = parts.map((part) => part.text).join("\n");
    return marked.length > 0 ? markLast([{ type: "text", text }]) : text;
  }
  return parts.flatMap((part): Part[] => {
    const written: Part[] = part.type === "text" ? [{ type: "text", text: part.text }] : imageParts([part]);
    return marked.includes(part) ? markLast(written) : written;
  });
}

function imageParts(content: readonly Content[]): Part[] {
  return content.flatMap((part) =>
    part.type === "image"
      ? part.image_urls.map((url): Part => ({ type: "image_url", image_url: { url } }))
      : [],
  );
}

function markLast(parts: readonly Part[]): Part[] {
  return parts.map((part, index) => (index === parts.length - 1 ? { ...part, cache_control: CACHE } : part));
}
