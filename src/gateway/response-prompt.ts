import type { Content } from "../wire/events/message.ts";
import type { ResponseMessage, ResponseRequest } from "../wire/gateway/responses.ts";
import { type GatewayPrompt, imagePart, refusal, textPart, wordsOf } from "./prompt.ts";

type ContentPart = Extract<ResponseMessage["content"], readonly unknown[]>[number];

/**
 * Reads the input of a response: everything that is not for the system prompt is one message, in which several items
 * stand between tags with their roles.
 *
 * @throws AgentServerError `bad_request` for what is not served, for an input without a message of the user, and for
 * parts that are neither text nor image
 */
export function responsePrompt(request: ResponseRequest): GatewayPrompt {
  if (request.stream) throw refusal("Streaming responses are not supported yet");
  if (request.store) throw refusal("Persistent response storage (store=True) is not supported yet");
  if (request.previous_response_id) {
    throw refusal("previous_response_id is not supported; replay input items instead");
  }
  return { model: request.model, content: contentOf(request), system: systemOf(request) };
}

function contentOf({ input }: ResponseRequest): Content[] {
  if (typeof input === "string") {
    if (input === "") throw refusal("Responses input must not be empty");
    return [textPart(input)];
  }
  const items = input.filter((item) => !isForSystem(item));
  if (!items.some(({ role }) => role === "user"))
    throw refusal("Responses input must include a user message");
  const [only] = items;
  if (items.length === 1 && only !== undefined) return partsOf(only);
  return items.flatMap((item) => [
    textPart(`<message role="${item.role}">`),
    ...partsOf(item),
    textPart("</message>"),
  ]);
}

function systemOf({ instructions, input }: ResponseRequest): string {
  const items = typeof input === "string" ? [] : input.filter(isForSystem);
  return [instructions?.trim() ?? "", ...items.map((item) => wordsOf(partsOf(item)))]
    .filter((words) => words !== "")
    .join("\n\n");
}

function isForSystem({ role }: ResponseMessage): boolean {
  return role === "system" || role === "developer";
}

function partsOf({ content }: ResponseMessage): Content[] {
  return typeof content === "string" ? [textPart(content)] : content.flatMap(toParts);
}

function toParts({ type, text, image_url: image }: ContentPart): Content[] {
  switch (type) {
    case "input_text":
    case "output_text":
      return text ? [textPart(text)] : [];
    case "input_image":
      if (!image) throw refusal("input_image content part is missing an image_url");
      return [imagePart(image)];
    default:
      throw refusal(`Unsupported Responses content part type: ${type}`);
  }
}
