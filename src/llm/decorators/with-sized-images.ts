import type { Content, Message } from "../../wire/events/message.ts";
import type { Llm } from "../llm.ts";
import { withComplete } from "./with-complete.ts";

/** Longest side of an image in pixels, and of the images of a prompt that has many. */
const MAX_SIDE = 8000;
const MAX_SIDE_OF_MANY = 2000;
/** Images of a prompt from which on there are many. */
const MANY = 21;

/** Makes an image in a data URL smaller where a side has more pixels than that; else returns the URL itself. */
export type SizeImage = (url: string, maxSide: number) => Promise<string>;

/**
 * Makes the images of prompts as small as Claude takes them: at most 8,000 pixels a side, 2,000 where a prompt has more
 * than twenty. Images at addresses stay as they are. Each image is looked at once for each of the two sizes.
 */
export function withSizedImages(llm: Llm, size: SizeImage): Llm {
  const sized = {
    [MAX_SIDE]: new WeakMap<Message, Message>(),
    [MAX_SIDE_OF_MANY]: new WeakMap<Message, Message>(),
  };
  const counts = new WeakMap<Message, number>();
  const countIn = (message: Message): number => {
    const count = counts.get(message) ?? imagesIn(message).length;
    counts.set(message, count);
    return count;
  };
  return withComplete(llm, async (request) => {
    const count = request.messages.reduce((sum, message) => sum + countIn(message), 0);
    if (count === 0) return llm.complete(request);
    const maxSide = count >= MANY ? MAX_SIDE_OF_MANY : MAX_SIDE;
    const messages: Message[] = [];
    for (const message of request.messages) {
      const known = sized[maxSide].get(message);
      const fitting = known ?? (await withSize(message, (url) => size(url, maxSide)));
      request.signal.throwIfAborted();
      sized[maxSide].set(message, fitting);
      messages.push(fitting);
    }
    return llm.complete({ ...request, messages });
  });
}

function imagesIn({ content }: Message): string[] {
  return content.flatMap((part) => (part.type === "image" ? part.image_urls : []));
}

/** The message itself where no image of it changes, so that prompts stay the same objects. */
async function withSize(message: Message, size: (url: string) => Promise<string>): Promise<Message> {
  if (!imagesIn(message).some((url) => url.startsWith("data:"))) return message;
  let isChanged = false;
  const content: Content[] = [];
  for (const part of message.content) {
    if (part.type === "text") {
      content.push(part);
      continue;
    }
    const image_urls: string[] = [];
    // One after the other: a decoded image takes a lot of memory.
    for (const url of part.image_urls) image_urls.push(url.startsWith("data:") ? await size(url) : url);
    isChanged ||= image_urls.some((url, index) => url !== part.image_urls[index]);
    content.push({ ...part, image_urls });
  }
  return isChanged ? { ...message, content } : message;
}
