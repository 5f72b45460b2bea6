import { describe, expect, it } from "vitest";
import { SafePieces, safeLine, safeText } from "../../../src/cli/chat/screen/safe-text.ts";
import { showDiff } from "../../../src/cli/chat/screen/show-diff.ts";
import { readEntered } from "../../../src/cli/chat/slash-commands.ts";
import { parseArguments } from "../../../src/cli/parse-arguments.ts";
import { callLine, outcomeOf } from "../../../src/timeline/event-words.ts";
import { changesIn, FileChanges } from "../../../src/timeline/file-changes.ts";

const plain = (_look: string, text: string) => text;

describe("text of a model", () => {
  it("reaches a terminal without sequences, controls and marks that turn its direction", () => {
    expect(safeText("a\x1b[2Jb\x1b]8;;http://x\x07c\x1b]8;;\x07\r\nd\te")).toBe("abc\nd\te");
    expect(safeText("x\x08\x7fy\u202ez\r!\x00\x85")).toBe("xyz!");
  });

  it("is safe in pieces, wherever they part", () => {
    const text = "one\x1b[31mtwo\x1b]0;title\x07three\x1bcfour";
    for (let at = 1; at < text.length; at += 1) {
      const pieces = new SafePieces();
      expect(pieces.push(text.slice(0, at)) + pieces.push(text.slice(at))).toBe(safeText(text));
    }
  });

  it("that begins a sequence and never ends it is not kept without a bound", () => {
    const pieces = new SafePieces();
    let printed = pieces.push("\x1b]0;");
    for (let count = 0; count < 1_000; count += 1) printed += pieces.push("x".repeat(100));
    expect(printed.length).toBeGreaterThan(90_000);
    expect(printed).not.toContain("\x1b");
  });

  it("is cut to a line", () => {
    expect(safeLine("a\nb  c", 20)).toBe("a b c");
    expect(safeLine("x".repeat(1_000_000), 10)).toBe(`${"x".repeat(9)}…`);
  });
});

describe("words about calls", () => {
  it("name the arguments that say most", () => {
    expect(callLine({ tool_name: "terminal", action: { command: "ls", timeout: 5 } })).toBe("terminal ls");
    expect(callLine({ tool_name: "t", action: { a: 1, b: null, kind: "T" } })).toBe("t a=1");
    expect(callLine({ tool_name: "t", action: null, tool_call: { arguments: "{oops" } })).toBe("t {oops");
    expect(callLine({})).toBe(" ");
  });

  it("tell good from bad", () => {
    const content = [{ type: "text", text: "no such file\nmore" }];
    expect(outcomeOf({ is_error: true, content })).toEqual({ isGood: false, words: "no such file" });
    expect(outcomeOf({ content: "strange" })).toEqual({ isGood: true, words: "0 lines" });
    expect(outcomeOf({ exit_code: 3, content })).toEqual({ isGood: false, words: "exit 3, 2 lines" });
  });
});

describe("changes of files", () => {
  it("are those of editors and of patches, and no looks at a file", () => {
    const change = { old_content: "a", new_content: "b" };
    expect(changesIn({ path: "/f", ...change })).toEqual([{ path: "/f", before: "a", after: "b" }]);
    expect(changesIn({ path: "/f", command: "view", ...change })).toEqual([]);
    const changes = { "/g": { type: "delete", old_content: "a" } };
    expect(changesIn({ commit: { changes } })).toEqual([{ path: "/g", before: "a", after: "" }]);
    expect(changesIn({ path: "/f", old_content: 1, new_content: {} })).toEqual([]);
  });

  it("of one file are one change, and none when it is as it was", () => {
    const changes = new FileChanges();
    changes.add({ path: "/f", before: "a", after: "b" });
    changes.add({ path: "/f", before: "b", after: "c" });
    expect(changes.all()).toEqual([{ path: "/f", before: "a", after: "c" }]);
    changes.add({ path: "/f", before: "c", after: "a" });
    expect(changes.all()).toEqual([]);
  });

  it("that are long are cut, and safe", () => {
    const after = Array.from({ length: 100 }, (_, line) => `\x1b[31mline ${line}`).join("\n");
    const lines = showDiff({ path: "/f", before: "", after }, plain, 10);
    expect(lines).toHaveLength(11);
    expect(lines.at(-1)).toMatch(/9\d more lines/);
    expect(lines.join("\n")).not.toContain("\x1b");
    expect(showDiff({ path: "/f", before: "", after: "x".repeat(3_000_000) }, plain, 10)).toHaveLength(1);
  });
});

describe("lines that are entered", () => {
  it("are messages, commands, or slips of these", () => {
    expect(readEntered(" hello ")).toEqual({ kind: "text", text: "hello" });
    expect(readEntered("/etc/hosts is empty")).toEqual({ kind: "text", text: "/etc/hosts is empty" });
    expect(readEntered("/reject not now")).toEqual({ kind: "command", command: "reject", rest: "not now" });
    expect(readEntered("/pasue")).toEqual({ kind: "unknown", word: "pasue", near: "pause" });
    expect(readEntered("/constructor")).toMatchObject({ kind: "unknown" });
    expect(readEntered("  ")).toEqual({ kind: "nothing" });
  });

  it("never hold a key: the command line refuses one", () => {
    expect(() => parseArguments(["chat", "--key", "x"])).toThrow("set OH_SESSION_API_KEYS_0");
    expect(() => parseArguments(["chat", "--host", "http://u:p@h"])).toThrow("without a query");
    expect(() => parseArguments(["chat", "--host", "localhost:8000"])).toThrow("--host: expected a URL");
    expect(() => parseArguments(["chat", "not-an-id"])).toThrow("expected the UUID");
  });
});
