import { describe, expect, it } from "vitest";
import { SECRET_MASK as HIDDEN, SecretMask } from "../../../src/secrets/masking/secret-mask.ts";
import { naiveMask, randomNumbers, randomText } from "./naive-mask.ts";

const TOKEN = "tok-ABCdef?123/456+789~xyz";
const PEM = `-----BEGIN KEY-----\n${"MIIEpAIBAAKCAQEA+/abcdefghijklmnopqrstuvwxyz0123456789ABCD==\n".repeat(4)}-----END KEY-----\n`;

function masked(text: string, ...values: string[]): string {
  return SecretMask.of(values).mask(text);
}

describe("a value", () => {
  it("is hidden wherever it stands, as a text and not as a pattern", () => {
    const text = masked("a.c abc $1^[x] xsk-12sk-12", "a.c", "$1^[x]", "sk-12");
    expect(text).toBe(`${HIDDEN} abc ${HIDDEN} x${HIDDEN}${HIDDEN}`);
  });

  it("is hidden whole when another value begins alike, lies within it or overlaps it", () => {
    expect(masked("token-long token", "token", "token-long")).toBe(`${HIDDEN} ${HIDDEN}`);
    expect(masked("<one-two-three>", "two", "one-two-three")).toBe(`<${HIDDEN}>`);
    expect(masked("<one-two-three>", "one-two", "two-three")).toBe(`<${HIDDEN}>`);
  });

  it("of white space, or none, hides nothing", () => {
    for (const values of [[], ["", "  ", "\n"]]) {
      expect(masked("as  it is\n", ...values)).toBe("as  it is\n");
      expect(SecretMask.of(values).isEmpty).toBe(true);
    }
  });

  it("that is part of the mask does not change a text that is masked already", () => {
    const once = masked("a secret", "secret", "hidden");
    expect(once).toBe(`a ${HIDDEN}`);
    expect(masked(once, "secret", "hidden")).toBe(once);
    expect(masked(HIDDEN, "secret-hidden")).toBe(HIDDEN);
  });

  it("of fewer than 8 characters is hidden as it is and in no other form", () => {
    const text = `abc-12 abc -12 ${Buffer.from("abc-12").toString("hex")}`;
    expect(masked(text, "abc-12")).toBe(text.replace("abc-12", HIDDEN));
    expect(SecretMask.of(["abc-12"]).withoutShortValues.mask(text)).toBe(text);
  });
});

describe("a value of 8 characters and more is hidden", () => {
  it("in hex, in both cases", () => {
    const hex = Buffer.from(TOKEN).toString("hex");
    expect(masked(`<${hex} ${hex.toUpperCase()}>`, TOKEN)).toBe(`<${HIDDEN} ${HIDDEN}>`);
  });

  it.each(["base64", "base64url"] as const)("in %s, wherever it stands in what is encoded", (encoding) => {
    for (const before of ["", "u", "us", "use", "user:password-of-"]) {
      const encoded = Buffer.from(`${before}${TOKEN}-and-more`).toString(encoding);
      const text = masked(`<${encoded}>`, TOKEN);
      expect(text).toMatch(new RegExp(`^<[\\w+/-]*${HIDDEN}[\\w+/-]*=*>$`));
      // At most one character at each end belongs to the value and its neighbour.
      const left = text.replace(HIDDEN, "").length - 2;
      expect(left).toBeLessThanOrEqual(Math.ceil(((before.length + "-and-more".length) * 8) / 6) + 4);
    }
  });

  it("in Base64 and hex that are wrapped", () => {
    const wrapped = (text: string) => text.replaceAll(/.{20}/g, "$&\n");
    for (const encoding of ["base64", "hex"] as const) {
      const lines = wrapped(Buffer.from(PEM).toString(encoding));
      const rest = masked(lines, PEM).replace(HIDDEN, "");
      expect(rest.trim().length).toBeLessThanOrEqual(4);
    }
  });

  it("escaped for URLs as different programs do it", () => {
    const value = "p@ss/word+with (all)*'of'!it~&=?";
    const spellings = [
      encodeURIComponent(value),
      encodeURI(value),
      new URLSearchParams({ key: value }).toString().slice("key=".length),
      // Python's quote, and an encoder that writes digits small.
      "p%40ss/word%2Bwith%20%28all%29%2A%27of%27%21it~%26%3D%3F",
      "p%40ss%2fword%2bwith%20(all)*'of'!it~%26%3d%3f",
    ];
    for (const spelling of spellings) {
      expect(masked(`?key=${spelling}#`, value)).toBe(`?key=${HIDDEN}#`);
    }
  });

  it("in JSON", () => {
    const value = 'quote " and \\ backslash\nand a line';
    expect(masked(JSON.stringify({ value, other: 1 }), value)).toBe(`{"value":"${HIDDEN}","other":1}`);
  });

  it("with other white space: indented, with CR LF, wrapped, on one line", () => {
    const lines = PEM.trim().split("\n");
    const shapes = [
      lines.map((line) => `      ${line}`).join("\n"),
      lines.join("\r\n"),
      lines.join("\r\n    \r\n"),
      lines.join(" "),
      lines.join("\u200b"),
      lines.join("\n").replaceAll(/.{17}/g, "$&\n\t"),
    ];
    for (const shape of shapes) expect(masked(`<${shape}>`, PEM)).toMatch(/^<\s*<secret-hidden>\s*>$/);
    expect(masked(PEM, PEM)).toBe(`${HIDDEN}\n`);
  });

  it("not over a gap as wide as a page", () => {
    const gap = (size: number) => `abcdefgh${" ".repeat(size)}ijklmnop`;
    expect(masked(gap(256), "abcdefghijklmnop")).toBe(HIDDEN);
    expect(masked(gap(257), "abcdefghijklmnop")).toBe(gap(257));
  });
});

it("a combined mask hides the union of what overlaps", () => {
  const mask = SecretMask.combined([
    SecretMask.of(["key-of-the-server"]),
    SecretMask.of(["url?key-of-the-server&x"]),
  ]);
  expect(mask.mask("<url?key-of-the-server&x key-of-the-server>")).toBe(`<${HIDDEN} ${HIDDEN}>`);
});

it("hides exactly what looking for every spelling at every place would find", () => {
  const random = randomNumbers(7);
  for (let run = 0; run < 1_500; run++) {
    const values = Array.from({ length: 1 + random(12) }, () =>
      randomText(random, "aab", random(3) === 0 ? 1 + random(3) : 8 + random(30)).replaceAll("\n", ""),
    );
    const pieces = Array.from({ length: 10 }, () => {
      const value = values[random(values.length)] ?? "";
      const spelled = [value, value.slice(random(9)), Buffer.from(value).toString("base64")][random(3)] ?? "";
      return random(2) === 0 ? randomText(random, "aaab \n", random(30)) : spelled.replace(/(?<=.{4})/, " ");
    });
    const text = pieces.join("");
    expect(masked(text, ...values)).toBe(naiveMask(text, values));
  }
});

it("values that begin alike, in a text that is full of their beginning, cost no more than others", () => {
  const values = Array.from({ length: 1_000 }, (_, index) => `${"A".repeat(index + 8)}B`);
  const text = "A".repeat(200_000);
  expect(masked(text, ...values)).toBe(text);
  expect(masked(`${text}B`, ...values)).toBe(`${"A".repeat(200_000 - 1_007)}${HIDDEN}`);
});

describe("30,000 values and a text of 10 MB", () => {
  const random = randomNumbers(11);
  const values = Array.from({ length: 30_000 }, () => randomText(random, "abcdefghijklmnop0123456789", 24));
  const line = `${values[29_999]} and a line of a log that says something else\n`;
  const text = line.repeat(Math.ceil(10_000_000 / line.length));

  it("let everything else go on meanwhile", async () => {
    let turns = 0;
    let timer = setImmediate(function turn() {
      turns++;
      timer = setImmediate(turn);
    });
    const mask = await SecretMask.prepare(values);
    const prepared = turns;
    const hidden = await mask.maskLong(text);
    clearImmediate(timer);
    expect(hidden).toBe(text.replaceAll(values[29_999] ?? "", HIDDEN));
    // The process turns to others after every few hundred spellings, and after every 64 Ki characters.
    expect(prepared).toBeGreaterThan(500);
    expect(turns - prepared).toBeGreaterThan(text.length / 65_536 - 2);
  });
});
