import { messageOf } from "../../errors.ts";
import { type Content, type Message, text } from "../../wire/events/message.ts";
import type { Llm } from "../llm.ts";
import { withComplete } from "./with-complete.ts";

/** Characters of data URLs in one message. Providers refuse requests that are far smaller. */
const MAX_INLINED = 64 * 1024 * 1024;

/** Fetches an image and returns it as a data URL. */
export type LoadImage = (url: string, signal: AbortSignal) => Promise<string>;

/**
 * Sends images as data URLs to a model that opens no addresses. Each message is rewritten once. An image that cannot
 * be loaded becomes a note, since one lost picture must not end a conversation.
 */
export function withInlineImages(llm: Llm, load: LoadImage | undefined): Llm {
  const rewritten = new WeakMap<Message, Message>();
  return withComplete(llm, async (request) => {
    const messages: Message[] = [];
    for (const message of request.messages) {
      const inlined = rewritten.get(message) ?? (await inline(message, load, request.signal));
      rewritten.set(message, inlined);
      messages.push(inlined);
    }
    return llm.complete({ ...request, messages });
  });
}

async function inline(message: Message, load: LoadImage | undefined, signal: AbortSignal): Promise<Message> {
  const isRemote = (url: string) => /^https?:/i.test(url);
  const remote = message.content.some((part) => part.type === "image" && part.image_urls.some(isRemote));
  if (!remote) return message;
  const content: Content[] = [];
  let inlined = 0;
  for (const part of message.content) {
    if (part.type === "text") {
      content.push(part);
      continue;
    }
    for (const url of part.image_urls) {
      if (!isRemote(url)) content.push({ ...part, cache_prompt: false, image_urls: [url] });
      else if (inlined > MAX_INLINED) content.push(text("[An image was left out: there are too many]"));
      else {
        const image = await inlineOne(url, load, signal);
        if (image.type === "image") inlined += image.image_urls[0]?.length ?? 0;
        content.push(image);
      }
    }
    if (part.cache_prompt && part.image_urls.length > 0) content.push(...content.splice(-1).map(withMark));
  }
  return { ...message, content };
}

/** The mark of several images is at the end of the last. */
function withMark(part: Content): Content {
  return { ...part, cache_prompt: true };
}

async function inlineOne(url: string, load: LoadImage | undefined, signal: AbortSignal): Promise<Content> {
  try {
    if (load === undefined) throw new Error("this server does not load images for models");
    return { cache_prompt: false, type: "image", image_urls: [await load(url, signal)] };
  } catch (error) {
    signal.throwIfAborted();
    return text(`[An image was left out: ${messageOf(error)}]`);
  }
}
