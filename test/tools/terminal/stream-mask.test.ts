import { describe, expect, it } from "vitest";
import { maskText } from "../../../src/secrets/mask-secrets.ts";
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

  it("hides exactly what masking the whole text hides, however it is cut", () => {
    const values = ["ab", "abcab", "bca", "caab", "cc"];
    let seed = 1;
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    for (let run = 0; run < 2_000; run++) {
      const text = Array.from({ length: 24 }, () => "abc"[random(3)]).join("");
      const chunks: string[] = [];
      for (let rest = text; rest !== ""; ) {
        const size = 1 + random(4);
        chunks.push(rest.slice(0, size));
        rest = rest.slice(size);
      }
      expect(masked(values, chunks)).toBe(maskText(text, values));
    }
  });

  it("holds back less than the longest value", () => {
    const mask = new StreamMask();
    mask.setValues(["aaaaaaaa"]);
    let given = 0;
    for (let length = 1; length <= 100; length++) {
      given += mask.push("b").length + mask.push("aaaaaaa").length;
      expect(length * 8 - given).toBeLessThan(8);
    }
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
