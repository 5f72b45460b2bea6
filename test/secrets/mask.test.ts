import { describe, expect, test } from "vitest";
import { createMasker } from "../../src/secrets/mask.ts";

const HIDDEN = "<secret-hidden>";

/** The stream's output for a text cut at these places. */
function streamed(values: string[], chunks: string[]): string {
  const stream = createMasker(values).stream();
  return chunks.map((chunk) => stream.push(chunk)).join("") + stream.end();
}

describe("mask", () => {
  test("hides every value wherever it stands, and takes values literally", () => {
    const masker = createMasker(["a.c", "$1^[x]", "sk-12"]);
    expect(masker.mask("a.c abc $1^[x] xsk-12sk-12")).toBe(`${HIDDEN} abc ${HIDDEN} x${HIDDEN}${HIDDEN}`);
  });

  test("hides the longest of values that begin alike", () => {
    expect(createMasker(["token", "token-long"]).mask("token-long token")).toBe(`${HIDDEN} ${HIDDEN}`);
  });

  test("hides values of several lines as a terminal prints them", () => {
    const masker = createMasker(["-----\nabc\n-----"]);
    expect(masker.mask("<-----\r\nabc\r\n-----> <-----\nabc\n----->")).toBe(`<${HIDDEN}> <${HIDDEN}>`);
  });

  test("leaves text alone when there is nothing to hide", () => {
    expect(createMasker([]).mask("as it is")).toBe("as it is");
    expect(createMasker(["", "  "]).mask("as  it is")).toBe("as  it is");
    expect(streamed([], ["as ", "it is"])).toBe("as it is");
  });
});

describe("stream", () => {
  test("hides a value that is split at any place", () => {
    const value = "s3cr3t-value";
    const text = `before ${value} after`;
    for (let cut = 0; cut <= text.length; cut++) {
      expect(streamed([value], [text.slice(0, cut), text.slice(cut)])).toBe(`before ${HIDDEN} after`);
    }
    expect(streamed([value], [...text])).toBe(`before ${HIDDEN} after`);
  });

  test("gives out at once what cannot be part of a value", () => {
    const stream = createMasker(["secret"]).stream();
    expect(stream.push("plain text, ")).toBe("plain text, ");
    expect(stream.push("a sec")).toBe("a ");
    expect(stream.push("ond")).toBe("second");
    expect(stream.end()).toBe("");
  });

  test("holds back less than the longest value", () => {
    const stream = createMasker(["aaaaaaaa"]).stream();
    let given = 0;
    for (let length = 1; length <= 100; length++) {
      given += stream.push("b").length + stream.push("aaaaaaa").length;
      expect(length * 8 - given).toBeLessThan(8);
    }
  });

  test("hides exactly what masking the whole text hides, however it is cut", () => {
    const values = ["ab", "abcab", "bca", "caab", "cc"];
    const masker = createMasker(values);
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
      expect(streamed(values, chunks)).toBe(masker.mask(text));
    }
  });
});
