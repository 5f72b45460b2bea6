import { describe, expect, it } from "vitest";
import { type Content, readableText, text, textOf } from "../../src/wire/events/message.ts";

const image: Content = { cache_prompt: false, type: "image", image_urls: ["https://example.test/cat.png"] };

describe("the text of a message", () => {
  it("joins its text parts and leaves images out", () => {
    expect(textOf([text("Look: "), image, text("a cat")])).toBe("Look: a cat");
    expect(textOf([text("Look:"), image, text("a cat")], "\n")).toBe("Look:\na cat");
    expect(textOf([image])).toBe("");
  });

  it("shows images to people as a word", () => {
    expect(readableText([text("Look:"), image])).toBe("Look:\n[image]");
  });
});
