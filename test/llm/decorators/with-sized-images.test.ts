import { say, scriptedLlm } from "agent-server/testing";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { withSizedImages } from "../../../src/llm/decorators/with-sized-images.ts";
import { sharpSizer } from "../../../src/llm/images/size-image.ts";
import type { LlmRequest } from "../../../src/llm/llm.ts";
import type { Message } from "../../../src/wire/events/message.ts";
import { model, recordedProvider, user } from "../recorded-provider.ts";

type Format = "png" | "jpeg" | "webp" | "gif";

async function image(width: number, height: number, format: Format = "png"): Promise<string> {
  const canvas = sharp({ create: { width, height, channels: 3, background: "#336699" } });
  return `data:image/${format};base64,${(await canvas.toFormat(format).toBuffer()).toString("base64")}`;
}

async function sizeOf(url: string): Promise<[format: string, width: number, height: number]> {
  const { format, width, height } = await sharp(Buffer.from(url.split(",")[1] ?? "", "base64")).metadata();
  return [format, width, height];
}

function shown(...image_urls: string[]): Message {
  return { role: "user", content: [{ type: "image", image_urls, cache_prompt: false }] };
}

function imagesOf(messages: readonly Message[]): string[] {
  return messages.flatMap(({ content }) =>
    content.flatMap((part) => (part.type === "image" ? part.image_urls : [])),
  );
}

/** Sends prompts and returns them as the model gets them. */
function sized(size = sharpSizer()) {
  const seen: (readonly Message[])[] = [];
  const scripted = scriptedLlm(Array(10).fill(say("ok")));
  const llm = withSizedImages(
    {
      complete(request: LlmRequest) {
        seen.push(request.messages);
        return scripted.complete(request);
      },
    },
    size,
  );
  return async (...messages: Message[]) => {
    await llm.complete({ messages, tools: [], signal: new AbortController().signal });
    return seen.at(-1) ?? [];
  };
}

describe("images of a prompt", () => {
  it("are made smaller where a side has more than 8,000 pixels, in their form", async () => {
    const send = sized();
    const sent = imagesOf(
      await send(
        shown(await image(8200, 4100), await image(100, 8100, "jpeg"), await image(8000, 10, "webp")),
      ),
    );
    expect(await Promise.all(sent.map(sizeOf))).toEqual([
      ["png", 8000, 4000],
      ["jpeg", 99, 8000],
      ["webp", 8000, 10],
    ]);
  });

  it("have 2,000 pixels a side where there are more than twenty", async () => {
    const send = sized();
    const large = await image(2100, 210);
    const small = await image(10, 10);
    const twenty = await send(shown(large, ...Array<string>(19).fill(small)));
    expect(imagesOf(twenty)[0]).toBe(large);
    const more = imagesOf(await send(shown(large, ...Array<string>(19).fill(small)), shown(small)));
    expect(await sizeOf(more[0] ?? "")).toEqual(["png", 2000, 200]);
    expect(more.slice(1)).toEqual(Array(20).fill(small));
  });

  it("are looked at once, and messages that stay the same are the same objects", async () => {
    let looks = 0;
    const send = sized(async (url) => {
      looks += 1;
      return url;
    });
    const message = shown("data:image/png;base64,AA==", "https://example.test/cat.png");
    const words = user("Look");
    const [first, second] = await send(message, words);
    expect([first, second]).toEqual([message, words]);
    expect(first).toBe(message);
    await send(message, words);
    expect(looks).toBe(1);
  });

  it("that cannot be read, or have too many pixels to decode, go as they are", async () => {
    const send = sized();
    const broken = "data:image/png;base64,bm90IGFuIGltYWdl";
    const svg = `data:image/svg+xml;base64,${Buffer.from("<svg/>").toString("base64")}`;
    const bomb = await pngThatClaims(60_000, 60_000);
    expect(imagesOf(await send(shown(broken, svg, bomb)))).toEqual([broken, svg, bomb]);
  });

  it("of Claude are made smaller, and those of others are not", async () => {
    const provider = await recordedProvider({ body: { content: [{ type: "text", text: "ok" }] } });
    const large = await image(8200, 100);
    const claude = model({ model: "anthropic/claude-opus-4-8", base_url: provider.origin });
    await claude.ask({ messages: [shown(large)] });
    const data: string = provider.requests[0]?.body.messages[0].content[0].source.data;
    expect(await sizeOf(`data:image/png;base64,${data}`)).toEqual(["png", 8000, 98]);
    const other = await recordedProvider({ body: { choices: [{ index: 0, message: { content: "ok" } }] } });
    await model({ model: "openai/gpt-4o", base_url: other.url }).ask({ messages: [shown(large)] });
    expect(other.requests[0]?.body.messages[0].content[0].image_url.url).toBe(large);
  });
});

/** A picture of one pixel whose head claims more. */
async function pngThatClaims(width: number, height: number): Promise<string> {
  const bytes = Buffer.from((await image(1, 1)).split(",")[1] ?? "", "base64");
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return `data:image/png;base64,${bytes.toString("base64")}`;
}
