import { asObject } from "../../is-object.ts";
import { type Content, text } from "../../wire/events/message.ts";
import type { Observation } from "../../wire/events/observations.ts";
import { MAX_IMAGE_CHARACTERS, MAX_RESULT_CHARACTERS, MAX_RESULT_PARTS } from "../limits.ts";

const IMAGE_TYPE = /^image\/[\w.+-]{1,64}$/;

/** The observation of a call. */
export interface McpObservation extends Observation {
  tool_name: string;
}

/** Makes an observation of texts. */
export function toldObservation(toolName: string, words: string): McpObservation {
  return { content: [text(words)], is_error: true, tool_name: toolName, kind: "MCPToolObservation" };
}

/** Makes the observation of what a server has answered. It is data of a stranger: of any shape, and cut to bounds. */
export function toObservation(toolName: string, answer: unknown): McpObservation {
  const { content, isError } = asObject(answer);
  const blocks = Array.isArray(content) ? content : [];
  const room: Room = { text: MAX_RESULT_CHARACTERS, image: MAX_IMAGE_CHARACTERS };
  const parts = blocks.slice(0, MAX_RESULT_PARTS).flatMap((block) => partsOf(asObject(block), room));
  const more = blocks.length - MAX_RESULT_PARTS;
  return {
    content: [
      text(`[Tool '${toolName}' executed.]`),
      ...parts,
      ...(more > 0 ? [text(`[${more} further parts are left out.]`)] : []),
    ],
    is_error: isError === true,
    tool_name: toolName,
    kind: "MCPToolObservation",
  };
}

/** Characters that a result may still have. */
interface Room {
  text: number;
  image: number;
}

type Block = Record<string, unknown>;

function partsOf(block: Block, room: Room): Content[] {
  switch (block.type) {
    case "text":
      return textParts(block.text, room);
    case "image":
      return imageParts(block, room);
    case "resource":
      return resourceParts(asObject(block.resource), room);
    case "resource_link":
      return textParts(`[Resource ${shown(block.name)}: ${shown(block.uri)}]`, room);
    default:
      return textParts(`[A part of the type ${shown(block.type)} is left out.]`, room);
  }
}

function textParts(value: unknown, room: Room): Content[] {
  if (typeof value !== "string" || room.text < 0) return [];
  const kept = value.slice(0, room.text);
  room.text -= value.length;
  if (room.text >= 0) return [text(kept)];
  return [
    text(kept),
    text(`[The result is cut here: it has more than ${MAX_RESULT_CHARACTERS} characters.]`),
  ];
}

function imageParts({ data, mimeType }: Block, room: Room): Content[] {
  if (typeof data !== "string" || typeof mimeType !== "string") return [];
  if (!IMAGE_TYPE.test(mimeType)) return textParts("[An image of an unknown type is left out.]", room);
  if (data.length > room.image) return textParts("[An image is left out: it is too large.]", room);
  room.image -= data.length;
  return [{ cache_prompt: false, type: "image", image_urls: [`data:${mimeType};base64,${data}`] }];
}

function resourceParts({ uri, text: content, blob, mimeType }: Block, room: Room): Content[] {
  if (typeof content === "string") return textParts(content, room);
  if (typeof mimeType === "string" && IMAGE_TYPE.test(mimeType)) {
    return imageParts({ data: blob, mimeType }, room);
  }
  return textParts(`[The content of ${shown(uri)} is left out: it is not a text.]`, room);
}

function shown(value: unknown): string {
  return typeof value === "string" ? value.slice(0, 500) : "without a name";
}
