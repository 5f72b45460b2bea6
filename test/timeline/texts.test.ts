import { describe, expect, it } from "vitest";
import { costText, durationText, secondsBetween, usageText } from "../../src/timeline/amounts.ts";
import { contentText, resultParts } from "../../src/timeline/row-parts.ts";
import { DARK, LIGHT, PAIRS } from "../../src/timeline/view/palette.ts";
import { toHtml, view } from "../../src/timeline/view/view.ts";
import { clipped, oneLine, visibleText } from "../../src/timeline/visible-text.ts";
import { LIMITS } from "./log.ts";

describe("texts of a conversation", () => {
  it("lose the colours of terminals and show characters that hide or turn others", () => {
    expect(visibleText("\x1b[1;31mred\x1b[0m \x1b]0;title\x07x\r\nnext")).toBe("red x\nnext");
    expect(visibleText("a\u202eb\u0000c\u200bd\ufeff")).toBe("a⟨U+202E⟩b⟨U+0000⟩c⟨U+200B⟩d⟨U+FEFF⟩");
    expect(visibleText("👩‍👩‍👧 é 漢字\ttab\nline")).toBe("👩‍👩‍👧 é 漢字\ttab\nline");
  });

  it("are cut in the middle, and say how much is missing", () => {
    const text = clipped(`begin${"x".repeat(50_000_000)}end`, 400);
    expect(text.length).toBeLessThan(500);
    expect(text).toMatch(/^begin.*\n… 49,999,608 characters left out …\n.*end$/s);
    expect(oneLine(`a\n b ${"x".repeat(1_000)}`, 10)).toBe("a b xxxxx…");
  });

  it("are kept behind a sequence that never ends", () => {
    const text = `\x1b]${"x".repeat(100_000)}`;
    expect(visibleText(text)).toBe(`⟨U+001B⟩]${"x".repeat(100_000)}`);
  });

  it("name images and load none", () => {
    const content = [
      { type: "text", text: "See:" },
      { type: "image", image_urls: ["data:image/png;base64,AAAA", "http://example.com/a.png"] },
    ];
    expect(contentText(content)).toBe(
      "See:\n[image/png, 26 characters]\n[image at http://example.com/a.png]",
    );
  });

  it("are counted where a result changes more files than are shown", () => {
    const change = { type: "update", old_content: "a", new_content: "b" };
    const changes = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`/f${index}`, change]));
    const parts = resultParts({ content: [], commit: { changes } }, LIMITS);
    expect(parts).toHaveLength(51);
    expect(parts.at(-1)).toEqual({ name: "More files", text: "10 more files have changed" });
  });
});

describe("amounts", () => {
  it("are written for people", () => {
    expect([0.084, 2.41, 59.99, 200, 7_500].map(durationText)).toEqual([
      ...["84 ms", "2.4 s", "1 min 0 s", "3 min 20 s", "2 h 5 min"],
    ]);
    expect([0, 1.5, 0.01, 0.000123].map(costText)).toEqual(["$0.00", "$1.50", "$0.01", "$0.00012"]);
    expect(usageText({ usageId: "condenser", cost: 0.5, input: 12_345, output: 67 })).toBe(
      "12,345 tokens in, 67 out, $0.50 (condenser)",
    );
  });

  it("of time are never negative, and nothing where a time is not one", () => {
    expect(secondsBetween("2026-01-01T00:00:01.500000", "2026-01-01T00:00:04.000000")).toBe(2.5);
    expect(secondsBetween("2026-01-01T00:00:01", "2026-01-01T00:00:00")).toBe(0);
    expect(secondsBetween("x", "2026-01-01T00:00:00")).toBe(0);
  });
});

describe("views", () => {
  it("escape every text and attribute", () => {
    const html = toHtml(view("p", { title: `"'><script>` }, "</p><script>alert(1)</script>", "&amp;"));
    expect(html).toBe(
      '<p title="&quot;&#39;&gt;&lt;script&gt;">&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;</p>',
    );
  });

  it("have colours that can be read: 4.5 to 1 at least, light and dark", () => {
    const weak = [LIGHT, DARK].flatMap((palette) =>
      PAIRS.filter(([text, ground]) => contrast(palette[text], palette[ground]) < 4.5),
    );
    expect(weak).toEqual([]);
    expect(contrast("#000000", "#ffffff")).toBeCloseTo(21);
  });
});

/** The contrast of two colours, as WCAG 2 defines it. */
function contrast(one: string, other: string): number {
  const [bright = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (bright + 0.05) / (dark + 0.05);
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
