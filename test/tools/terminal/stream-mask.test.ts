import { describe, expect, it } from "vitest";
import { StreamMask } from "../../../src/tools/terminal/stream-mask.ts";

function masked(values: string[], pieces: string[]): string {
  const mask = new StreamMask();
  mask.setValues(values);
  return pieces.map((piece) => mask.push(piece)).join("") + mask.end();
}

describe("masking of a stream", () => {
  it("finds values however the text is cut", () => {
    const text = "a tok-123 b tok-123456 c tok-12 tok-123tok-123 d";
    for (let size = 1; size <= text.length; size += 1) {
      const pieces = text.match(new RegExp(`.{1,${size}}`, "gs")) ?? [];
      const hidden = "<secret-hidden>";
      expect(masked(["tok-123", "tok-123456"], pieces)).toBe(
        `a ${hidden} b ${hidden} c tok-12 ${hidden}${hidden} d`,
      );
    }
  });

  it("takes values as texts, not as patterns", () => {
    expect(masked(["a.c*", "$&"], ["abc a.c* $& aac"])).toBe("abc <secret-hidden> <secret-hidden> aac");
  });

  it("leaves text alone when there are no values", () => {
    expect(masked(["", "  "], ["a", "", " b"])).toBe("a b");
  });

  it("previews without taking in", () => {
    const mask = new StreamMask();
    mask.setValues(["secret"]);
    expect(mask.push("xx sec")).toBe("x");
    expect(mask.preview("ret")).toBe("x <secret-hidden>");
    expect(mask.push("ret!!!!!")).toBe("x <secret-hidden>");
    expect(mask.end()).toBe("!!!!!");
  });
});
