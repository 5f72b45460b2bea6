import type { ResponseInputItem } from "openai/resources/responses/responses";
import {
  type Content,
  type Message,
  type MessageToolCall,
  type ReasoningItem,
  textOf,
} from "../../wire/events/message.ts";
import { JoinedPrompt } from "../prompt/joined-prompt.ts";
import { wellFormedJson } from "../prompt/well-formed-json.ts";

/** A prompt as the service takes it. */
export interface ResponsesPrompt {
  /** The system messages; undefined without any. */
  instructions: string | undefined;
  /** JSON text of the items, without the brackets of the list. Valid until the next prompt. */
  input: Uint8Array;
}

/** Builds a writer of prompts. */
export function responseItemsWriter(vision: boolean): (messages: readonly Message[]) => ResponsesPrompt {
  const prompt = new JoinedPrompt<Message, boolean>({
    first: false,
    isSame: (one, other) => one === other,
    write(message, hasMore) {
      const items = toItems(message, vision).map(wellFormedJson);
      const separator = hasMore && items.length > 0 ? "," : "";
      return { text: separator + items.join(","), after: hasMore || items.length > 0 };
    },
  });
  return (messages) => ({
    instructions: instructionsOf(messages),
    input: prompt.join(messages.filter(({ role }) => role !== "system")).bytes,
  });
}

function instructionsOf(messages: readonly Message[]): string | undefined {
  const texts = messages
    .filter(({ role }) => role === "system")
    .map(({ content }) => textOf(content, "\n").trim())
    .filter((text) => text !== "");
  return texts.length > 0 ? texts.join("\n\n---\n\n") : undefined;
}

function toItems(message: Message, vision: boolean): ResponseInputItem[] {
  switch (message.role) {
    case "system":
      return [];
    case "user": {
      const content = inputParts(message.content, vision);
      const nothing = [{ type: "input_text" as const, text: "" }];
      return [{ type: "message", role: "user", content: content.length > 0 ? content : nothing }];
    }
    case "assistant":
      return toAssistantItems(message);
    case "tool":
      return [toOutputItem(message, vision)];
  }
}

function toAssistantItems(message: Message): ResponseInputItem[] {
  const items: ResponseInputItem[] = [];
  const reasoning = toReasoningItem(message.responses_reasoning_item);
  if (reasoning !== null) items.push(reasoning);
  const texts = message.content.filter((part) => part.type === "text").filter((part) => part.text !== "");
  if (texts.length > 0) {
    const content = texts.map((part) => ({ type: "output_text" as const, text: part.text, annotations: [] }));
    // Without the id that only stored replies have; the service accepts such items.
    items.push({ type: "message", role: "assistant", content } as unknown as ResponseInputItem);
  }
  for (const call of message.tool_calls ?? []) items.push(toCallItem(call));
  return items;
}

/** The service keeps no replies, so that it knows reasoning by its contents alone and refuses a bare id. */
function toReasoningItem(item: ReasoningItem | null | undefined): ResponseInputItem | null {
  if (!item?.id || !(item.encrypted_content || item.content?.length)) return null;
  return {
    type: "reasoning",
    id: item.id,
    summary: (item.summary ?? []).map((text) => ({ type: "summary_text", text })),
    ...(item.content?.length
      ? { content: item.content.map((text) => ({ type: "reasoning_text", text })) }
      : {}),
    ...(item.encrypted_content ? { encrypted_content: item.encrypted_content } : {}),
  } as ResponseInputItem;
}

function toCallItem(call: MessageToolCall): ResponseInputItem {
  const id = call.responses_item_id ?? (call.id.startsWith("fc") ? call.id : `fc_${call.id}`);
  // The service refuses ids past 64 characters.
  return {
    type: "function_call",
    id: id.slice(0, 64),
    call_id: call.id,
    name: call.name,
    arguments: call.arguments,
  };
}

/** Makes one output of a result: the service refuses a second output for the same call. */
function toOutputItem(message: Message, vision: boolean): ResponseInputItem {
  const parts = inputParts(message.content, vision);
  const onlyText = parts.every((part) => part.type === "input_text");
  const call_id = message.tool_call_id ?? "";
  return { type: "function_call_output", call_id, output: onlyText ? textOf(message.content, "\n") : parts };
}

type InputPart =
  | { type: "input_text"; text: string }
  | { type: "input_image"; image_url: string; detail: "auto" };

function inputParts(content: readonly Content[], vision: boolean): InputPart[] {
  return content.flatMap((part): InputPart[] => {
    if (part.type === "text") return [{ type: "input_text", text: part.text }];
    if (!vision) return [];
    return part.image_urls.map((url) => ({ type: "input_image", image_url: url, detail: "auto" }));
  });
}
