import { describe, expect, it } from "vitest";
import { SequenceFilter } from "../../../../src/workspace/local/terminal/sequence-filter.ts";

const OPTIONS = { columns: 80, rows: 24, commandPrefix: "7717;" };
const HUGE = "2147483647";

/** What passes of output that comes in these pieces. */
function passed(...pieces: string[]): string {
  const filter = new SequenceFilter(OPTIONS);
  return pieces.flatMap((piece) => [...filter.read(piece)].map(({ text }) => text)).join("");
}

describe("counts of control sequences", () => {
  it("are clamped to the screen, whatever the final byte", () => {
    for (let code = 0x40; code <= 0x7e; code += 1) {
      const final = String.fromCharCode(code);
      const text = passed(`\x1b[${HUGE};1;${HUGE}${final}`, `\x9b${"9".repeat(250)}${final}`);
      const counts = [...text.matchAll(/\d+/g)].map(([digits]) => Number(digits));
      expect(Math.max(...counts), final).toBeLessThanOrEqual("hlmpqcn".includes(final) ? 65_535 : 80);
      if ("LMST".includes(final)) expect(Math.max(...counts), final).toBe(24);
    }
  });

  it("that fit stay as they are", () => {
    const text = "\x1b[3;4H\x1b[K\x1b[?1049h\x1b[38;2;200;100;255mx\x1b[m\x1b[1 q\x1b[?2004l";
    expect(passed(text)).toBe(text);
  });
});

describe("sequences", () => {
  it("are understood wherever output is split", () => {
    const text = `a\x1b[${HUGE}Lb\x1b]0;title\x07c\x1b]7717;x;y\x07d\x1bP1$q\x1b\\e\x1b(Bf\x9b5Cg`;
    const whole = passed(text);
    expect(whole).toBe("a\x1b[24Lbc\x1b]7717;x;y\x07d\x1b\\e\x1b(Bf\x1b[5Cg");
    for (let at = 1; at < text.length; at += 1) expect(passed(text.slice(0, at), text.slice(at))).toBe(whole);
    expect(passed(...text)).toBe(whole);
  });

  it("without an end are dropped up to where they end", () => {
    const long = "1;".repeat(10_000);
    expect(passed(`a\x1b[${long}`, long, "mb")).toBe("ab");
    expect(passed(`a\x1b]0;${long}`, long, "\x07b")).toBe("ab");
    expect(passed(`a\x1bX${long}\x07`, long, "\x1b\\b")).toBe("a\x1b\\b");
    expect(passed(`a\x1b_${long}`, "\x1b[31mb")).toBe("a\x1b[31mb");
    expect(passed(`a\x1b]7717;${long}`, "\x07b")).toBe("ab");
    expect(passed("a\x1b[12\x18b\x1b]7717;x\x1ac")).toBe("abc");
  });

  it("let control characters within them pass before them", () => {
    expect(passed("\x1b[3\n1mx")).toBe("\n\x1b[31mx");
  });

  it("of full resets pass once as long as nothing comes between", () => {
    expect(passed("\x1bc\x1bc", "\x1bca\x1bc\x1bc")).toBe("\x1bca\x1bc");
  });
});

it("counts the work of what passes", () => {
  const workOf = (text: string) =>
    [...new SequenceFilter(OPTIONS).read(text)].reduce((sum, token) => sum + token.work, 0);
  expect(workOf("plain")).toBe(5);
  expect(workOf(`\x1b[${HUGE}L`)).toBeGreaterThan(24 * 10);
  expect(workOf("\x1b[?1049;1049h")).toBeGreaterThan(2 * workOf("\x1b[?2004;2004h"));
  expect(workOf("x\x1bc")).toBeGreaterThan(1000);
});
