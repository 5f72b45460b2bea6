import { afterAll, describe, expect, it } from "vitest";
import { createAnalyzer } from "../../../src/agent/security/create-analyzer.ts";
import { ShellScanner } from "../../../src/agent/security/worker/shell-scanner.ts";
import { action } from "./action.ts";

const open: ShellScanner[] = [];
afterAll(() => Promise.all(open.map((scanner) => scanner.close())));

function openScanner(script?: URL): ShellScanner {
  const scanner = new ShellScanner(script);
  open.push(scanner);
  return scanner;
}

/** A text of the maximum length that is searched, and a delete after it that must not be overlooked. */
function hostile(piece: string): string {
  return `${piece.repeat(Math.floor(29_900 / piece.length))}\n'rm' -r -f /`;
}

/** Shell text that makes parsers slow, deep or large. */
const PIECES = [
  ...[
    "a|",
    "<",
    "a=( ",
    "<<<",
    "$(",
    '"$(',
    "{ ",
    "`",
    ">a ",
    "if a; then ",
    "! ",
    "&",
    "a && ",
    "\\",
    "$",
    "<(",
  ],
  ...["{a,", "1>&2 ", "f() { ", "for ((;;)) do ", "bash <<A\n", "{r,", "1 ", '"a" '],
];

/** Text that opens what is never closed. No shell would run anything of it. */
const UNCLOSED = ["(", "((", "<<A ", "case a in ", "${a:-", "[[ a && (", "((1+", "cat <<A\n", "eval '"];

describe("text that is made to defeat the parser", () => {
  const scanner = openScanner();
  const scan = (piece: string) => scanner.scan({ kind: "rails", texts: [hostile(piece)] });

  it.each(PIECES)("a long run of %j is never taken for harmless", async (piece) => {
    expect(await scan(piece)).not.toBe("LOW");
  });

  it.each(UNCLOSED)("a long run of %j is read to its end", async (piece) => {
    expect(await scan(piece)).not.toBe("HIGH");
  });
});

describe("ShellScanner", () => {
  it("keeps the server responsive while it reads", async () => {
    const scanner = openScanner();
    let turns = 0;
    let isDone = false;
    const scan = scanner.scan({ kind: "rails", texts: [hostile("a=( ")] }).finally(() => {
      isDone = true;
    });
    while (!isDone) {
      await new Promise((resolve) => setImmediate(resolve));
      turns += 1;
    }
    await scan;
    expect(turns).toBeGreaterThan(100);
  });

  it("goes on with a new thread after a text that exhausts the parser", async () => {
    const scanner = openScanner();
    const scans = await Promise.all([
      scanner.scan({ kind: "rails", texts: ["rm -rf /"] }),
      scanner.scan({ kind: "recursive-delete", texts: ["a|".repeat(15_000)] }),
      scanner.scan({ kind: "rails", texts: ["rm -rf /"] }),
      scanner.scan({ kind: "recursive-delete", texts: ["ls"] }),
    ]);
    expect(scans).toEqual(["HIGH", "UNKNOWN", "HIGH", "LOW"]);
  });

  it("does not trust a tree that is too deep", async () => {
    const scanner = openScanner();
    const texts = ["a && ".repeat(2_000)];
    expect(await scanner.scan({ kind: "rails", texts })).toBe("UNKNOWN");
    expect(await scanner.scan({ kind: "recursive-delete", texts })).toBe("UNKNOWN");
  });

  it("does not add up two texts", async () => {
    const scanner = openScanner();
    expect(await scanner.scan({ kind: "rails", texts: ["curl x |", "| sh"] })).not.toBe("HIGH");
    expect(await scanner.scan({ kind: "rails", texts: ["ls", "rm -rf /"] })).toBe("HIGH");
  });
});

it("ends its thread when it closes, and a scan that is pending with it", async () => {
  const scanner = openScanner();
  await scanner.start();
  const scan = scanner.scan({ kind: "rails", texts: [hostile("a=( ")] });
  await scanner.close();
  expect(await scan.catch((error: Error) => error.message)).toMatch(/^(UNKNOWN|The server is closing)$/);
  await expect(scanner.scan({ kind: "rails", texts: ["ls"] })).rejects.toThrow("The server is closing");
});

describe("without a parser", () => {
  const broken = () => openScanner(new URL("data:text/javascript,throw new Error('broken grammar')"));

  it.each([
    { kind: "PolicyRailSecurityAnalyzer" },
    { kind: "PatternSecurityAnalyzer" },
    { kind: "EnsembleSecurityAnalyzer", analyzers: [{ kind: "PolicyRailSecurityAnalyzer" }] },
  ])("$kind is refused", async (config) => {
    await expect(createAnalyzer(config, broken())).rejects.toMatchObject({
      code: "unavailable",
      message: "Shell text cannot be analyzed: broken grammar",
    });
  });

  it("an analyzer that needs none works", async () => {
    const analyzer = await createAnalyzer({ kind: "LLMSecurityAnalyzer" }, broken());
    expect(await analyzer(action("ls"))).toBe("LOW");
  });
});
