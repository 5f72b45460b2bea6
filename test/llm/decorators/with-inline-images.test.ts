import { expect, it } from "vitest";
import { withInlineImages } from "../../../src/llm/decorators/with-inline-images.ts";
import type { Llm, LlmRequest } from "../../../src/llm/llm.ts";

it("a message of many images is loaded up to a bound", async () => {
  const requests: LlmRequest[] = [];
  const model: Llm = {
    complete: (request) => {
      requests.push(request);
      return Promise.reject(new Error("not part of this test"));
    },
  };
  const picture = `data:image/png;base64,${"A".repeat(16 * 1024 * 1024)}`;
  let loaded = 0;
  const load = async () => {
    loaded += 1;
    return picture;
  };
  const image_urls = Array.from({ length: 1_000 }, (_, index) => `https://example.com/${index}.png`);
  const messages: LlmRequest["messages"] = [
    { role: "user", content: [{ type: "image", cache_prompt: false, image_urls }] },
  ];
  const { signal } = new AbortController();
  await withInlineImages(model, load)
    .complete({ messages, tools: [], signal })
    .catch(() => {});
  expect(loaded).toBe(4);
  expect(requests[0]?.messages[0]?.content.at(-1)).toMatchObject({
    text: "[An image was left out: there are too many]",
  });
});

it("keeps the cache mark of a part at the end of its last image", async () => {
  const requests: LlmRequest[] = [];
  const model: Llm = {
    complete: (request) => {
      requests.push(request);
      return Promise.reject(new Error("not part of this test"));
    },
  };
  const image_urls = ["https://example.com/a.png", "https://example.com/b.png"];
  const messages: LlmRequest["messages"] = [
    { role: "user", content: [{ type: "image", cache_prompt: true, image_urls }] },
  ];
  await withInlineImages(model, async () => "data:image/png;base64,AA")
    .complete({ messages, tools: [], signal: new AbortController().signal })
    .catch(() => {});
  expect(requests[0]?.messages[0]?.content.map((part) => part.cache_prompt)).toEqual([false, true]);
});
