import { describe, expect, it } from "vitest";
import { SECRET_MASK as HIDDEN, SecretMask } from "../../../src/secrets/masking/secret-mask.ts";
import { StreamMask } from "../../../src/secrets/masking/stream-mask.ts";
import { randomNumbers, randomText } from "./naive-mask.ts";

function open(...values: string[]): StreamMask {
  const stream = new StreamMask();
  stream.setMask(SecretMask.of(values));
  return stream;
}

function masked(values: string[], pieces: readonly string[]): string {
  const stream = open(...values);
  return pieces.map((piece) => stream.push(piece)).join("") + stream.end();
}

function cut(text: string, size: () => number): string[] {
  const pieces: string[] = [];
  for (let rest = text; rest !== ""; ) {
    const length = size();
    pieces.push(rest.slice(0, length));
    rest = rest.slice(length);
  }
  return pieces;
}

describe("a stream", () => {
  it("hides values however the text is cut, in every form", () => {
    const value = "tok-123/456+789";
    const text = `a ${value} b ${Buffer.from(value).toString("hex")} c ${encodeURIComponent(value)} tok-123/45 d`;
    for (let size = 1; size <= text.length; size++) {
      const pieces = cut(text, () => size);
      expect(masked([value], pieces)).toBe(`a ${HIDDEN} b ${HIDDEN} c ${HIDDEN} tok-123/45 d`);
    }
  });

  it("hides exactly what masking the whole text hides", () => {
    const random = randomNumbers(1);
    for (let run = 0; run < 2_000; run++) {
      const values = Array.from({ length: 5 }, () => randomText(random, "abc", 1 + random(12)));
      const text = randomText(random, "aaabbc ", 60);
      const pieces = cut(text, () => 1 + random(4));
      expect(masked(values, pieces)).toBe(SecretMask.of(values).mask(text));
    }
  });

  it("leaves text alone when there are no values", () => {
    expect(masked(["", "  "], ["a", "", " b"])).toBe("a b");
  });

  it("passes on at once what cannot be the beginning of a value", () => {
    const stream = open("secret-value-123", "a".repeat(50_000));
    expect(stream.push("Well, here it comes: s")).toBe("Well, here it comes: ");
    expect(stream.push("ome text")).toBe("some text");
  });

  it("holds back no more than the longest spelling", () => {
    const stream = open("a".repeat(1_000));
    let held = 0;
    for (let count = 0; count < 100; count++) {
      const piece = "a".repeat(99) + (count % 9 === 0 ? "b" : "");
      held += piece.length - stream.push(piece).replaceAll(HIDDEN, "a".repeat(1_000)).length;
      expect(held).toBeLessThanOrEqual(1_000);
    }
  });

  it("previews without taking in", () => {
    const stream = open("secret-1");
    expect(stream.push("xx sec")).toBe("xx ");
    expect(stream.preview("ret-1")).toBe(HIDDEN);
    expect(stream.push("ret-1!!!!!")).toBe(`${HIDDEN}!!!!!`);
    expect(stream.end()).toBe("");
  });

  it("looks at what it holds back with the values of a new mask", () => {
    const stream = open("secret-1");
    expect(stream.push("x sec")).toBe("x ");
    stream.setMask(SecretMask.of(["section-9"]));
    expect(stream.push("ret-1 section-9 ")).toBe(`secret-1 ${HIDDEN} `);
  });

  it("begins another text after its end", () => {
    const stream = open("secret-1");
    expect(stream.push("secret") + stream.end()).toBe("secret");
    expect(stream.push("-1 secret-1") + stream.end()).toBe(`-1 ${HIDDEN}`);
  });
});

it("a piece a character long costs the same however much is held back", () => {
  const value = "ab".repeat(30_000);
  const stream = open(value);
  let text = "";
  for (let count = 0; count < 59_999; count++) text += stream.push(count % 2 === 0 ? "a" : "b");
  expect(text).toBe("");
  expect(stream.push("b") + stream.end()).toBe(HIDDEN);
});
