import { readdirSync, readlinkSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { offlineHost } from "../../../src/agent/security/analyzer-host.ts";
import { createAnalyzer } from "../../../src/agent/security/create-analyzer.ts";
import { ShellScanner, type ShellScannerOptions } from "../../../src/agent/security/worker/shell-scanner.ts";
import type { Logger } from "../../../src/logger.ts";
import { action } from "./action.ts";

const open: ShellScanner[] = [];
afterAll(() => Promise.all(open.map((scanner) => scanner.close())));

function openScanner(options: ShellScannerOptions = {}): ShellScanner {
  const scanner = new ShellScanner(options);
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

/** Settles scans in the order in which they come, each of them slowly. */
const SLOW = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from "node:worker_threads";
    parentPort.on("message", () => setTimeout(() => parentPort.postMessage({ verdict: "LOW" }), 1));
    parentPort.postMessage("ready");
  `)}`,
);

/** Ends at the first scan. */
const MORTAL = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from "node:worker_threads";
    parentPort.on("message", () => { throw new Error("out of memory"); });
    parentPort.postMessage("ready");
  `)}`,
);

function recorder(logged: unknown[]): Logger {
  const record = (fields: object) => void logged.push(fields);
  return { debug() {}, info() {}, warn: record, error: record };
}

describe("scans of several conversations", () => {
  it("take turns, so that one with many holds no other back", async () => {
    const scanner = openScanner({ script: SLOW });
    const order: string[] = [];
    const scan = async (lane: string, text: string) => {
      await scanner.laneOf(lane).scan({ kind: "rails", texts: [text] });
      order.push(text);
    };
    const many = ["a1", "a2", "a3", "a4"].map((text) => scan("a", text));
    await Promise.all([...many, scan("b", "b1"), scan("c", "c1"), scan("b", "b2")]);
    expect(order).toEqual(["a1", "a2", "b1", "c1", "a3", "b2", "a4"]);
  });

  it("are UNKNOWN past 64 that wait in one conversation, which costs the others nothing", async () => {
    const logged: unknown[] = [];
    const scanner = openScanner({ script: SLOW, logger: recorder(logged) });
    const scan = (lane: string) => scanner.laneOf(lane).scan({ kind: "rails", texts: ["ls"] });
    // One is being read, and 64 wait.
    const verdicts = await Promise.all([...Array.from({ length: 66 }, () => scan("a")), scan("b")]);
    expect(verdicts).toEqual([...Array(65).fill("LOW"), "UNKNOWN", "LOW"]);
    expect(logged).toEqual([
      { conversation_id: "a", scan: "rails", characters: 2, error: "too many scans wait" },
    ]);
  });
});

it("says in the log of each scan that fails which it was, and why", async () => {
  const logged: unknown[] = [];
  const scanner = openScanner({ script: MORTAL, logger: recorder(logged) }).laneOf("a");
  for (const texts of [["ls"], ["ls", "pwd"]]) {
    expect(await scanner.scan({ kind: "rails", texts })).toBe("UNKNOWN");
  }
  const fault = { conversation_id: "a", scan: "rails", error: "out of memory" };
  expect(logged).toEqual([
    { ...fault, characters: 2 },
    { ...fault, characters: 5 },
  ]);
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
  const broken = () =>
    openScanner({
      script: new URL("data:text/javascript,throw new Error('broken grammar')"),
    });

  it.each([
    { kind: "PolicyRailSecurityAnalyzer" },
    { kind: "PatternSecurityAnalyzer" },
    { kind: "EnsembleSecurityAnalyzer", analyzers: [{ kind: "PolicyRailSecurityAnalyzer" }] },
  ])("$kind is refused", async (config) => {
    await expect(createAnalyzer(config, offlineHost(broken()))).rejects.toMatchObject({
      code: "unavailable",
      message: "Shell text cannot be analyzed: broken grammar",
    });
  });

  it("an analyzer that needs none works", async () => {
    const analyzer = await createAnalyzer({ kind: "LLMSecurityAnalyzer" }, offlineHost(broken()));
    expect(await analyzer(action("ls"))).toBe("LOW");
  });
});

it.runIf(process.platform === "linux")(
  "waits, when it closes, for a thread that was still starting",
  async () => {
    const before = pipes();
    const scanner = openScanner();
    const starting = scanner.start().then(
      () => "started",
      () => "given up",
    );
    while (pipes().length === before.length) await new Promise((resolve) => setImmediate(resolve));
    await scanner.close();
    expect(pipes()).toEqual(before);
    expect(await starting).toBe("given up");
  },
);

/** Open pipes of this process. A thread has one of its own as long as it lives. */
function pipes(): string[] {
  return readdirSync("/proc/self/fd").filter((number) => {
    try {
      return readlinkSync(`/proc/self/fd/${number}`).startsWith("pipe:");
    } catch {
      return false;
    }
  });
}
