import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import iconv from "iconv-lite";
import { beforeEach, describe, expect, it } from "vitest";
import { fileEditorTool } from "../../../src/tools/file-editor/file-editor-tool.ts";
import { OpenTool } from "../../../src/tools/toolbox/open-tool.ts";
import { textOf } from "../../../src/wire/events/message.ts";
import { fileEditorObservation } from "../../../src/wire/events/observations.ts";
import { temporaryDirectory } from "../../workspace/open-local.ts";
import { callContext, toolHost } from "../tool-host.ts";

/** Comments of programs, in encodings of their language. */
const COMMENTS: readonly [encoding: string, comment: string, word: string][] = [
  ["gbk", "设置超时时间", "测试"],
  ["gbk", "你好，世界", "错误"],
  ["gb18030", "我们今天去公园散步，天气非常好。", "计算"],
  ["big5", "設定逾時時間", "測試"],
  ["big5", "這是一個設定檔", "檔案"],
  ["shift_jis", "タイムアウトを設定する", "テスト"],
  ["shift_jis", "こんにちは、世界", "日本語"],
  ["euc-jp", "これは設定ファイルです", "日本語"],
  ["euc-kr", "시간 제한을 설정합니다", "시험"],
  ["euc-kr", "안녕하세요, 세계", "오류"],
  ["windows-1250", "Příliš žluťoučký kůň úpěl ďábelské ódy", "kůň"],
  ["windows-1251", "Настройки пользователя", "ошибка"],
  ["windows-1252", "Les élèves étaient très heureux d’être allés à la plage", "déjà"],
  ["windows-1252", "Überprüfung der Größe – “genau” 5 €", "größer"],
  ["windows-1253", "Σήμερα ο καιρός είναι πολύ καλός", "καιρός"],
  ["windows-1254", "Bugün hava çok güzel, çocuklar parkta oynuyor", "güzel"],
  ["windows-1255", "היום מזג האוויר יפה מאוד", "שלום"],
  ["windows-1256", "اليوم الطقس جميل جدا", "مرحبا"],
  ["koi8-r", "Настройки пользователя", "проба"],
];

const UNICODE: readonly [name: string, encode: (text: string) => Buffer][] = [
  ["UTF-8", (text) => Buffer.from(text)],
  ["UTF-8 with a mark", (text) => Buffer.from(`\uFEFF${text}`)],
  ["UTF-16 LE", (text) => Buffer.from(`\uFEFF${text}`, "utf16le")],
  ["UTF-16 BE", (text) => Buffer.from(`\uFEFF${text}`, "utf16le").swap16()],
  ["UTF-16 LE without a mark", (text) => Buffer.from(text, "utf16le")],
  ["UTF-16 BE without a mark", (text) => Buffer.from(text, "utf16le").swap16()],
];

let path: string;
let tool: OpenTool;

beforeEach(async () => {
  path = join(await temporaryDirectory(), "program.c");
  tool = new OpenTool(fileEditorTool, await toolHost());
});

async function edit(command: string, args: object = {}) {
  const parsed = tool.parse({ command, path, ...args });
  if ("error" in parsed) throw new Error(parsed.error);
  return fileEditorObservation.parse(await tool.run(parsed.input, callContext()));
}

const program = (comment: string) => `// ${comment}\nint timeout = 30;\r\nreturn timeout;\n`;

describe("a file", () => {
  it.each(COMMENTS)("in %s shows its words and keeps its encoding: %s", async (encoding, comment, word) => {
    await writeFile(path, iconv.encode(program(comment), encoding));

    expect(textOf((await edit("view")).content)).toContain(`// ${comment}\n`);
    const observation = await edit("str_replace", {
      old_str: "int timeout",
      new_str: `// ${word}\nint limit`,
    });

    expect(observation).toMatchObject({ is_error: false });
    const expected = program(comment).replace("int timeout", `// ${word}\nint limit`);
    expect(iconv.decode(await readFile(path), encoding)).toBe(expected);
  });

  it.each(UNICODE)("in %s keeps its encoding and its mark", async (_name, encode) => {
    await writeFile(path, encode(program("größer")));

    expect(textOf((await edit("view")).content)).toContain("// größer\n");
    await edit("str_replace", { old_str: "größer", new_str: "設定 😀" });

    expect(await readFile(path)).toEqual(encode(program("設定 😀")));
  });
});

describe("an edit that the encoding has no place for", () => {
  it.each(COMMENTS.filter(([encoding]) => /^(gbk|big5|shift_jis|euc-kr)$/.test(encoding)))(
    "converts a file in %s to UTF-8 and says so",
    async (encoding, comment) => {
      await writeFile(path, iconv.encode(program(comment), encoding));

      const observation = await edit("str_replace", { old_str: "30", new_str: "30; // ✓ é" });

      expect(textOf(observation.content)).toMatch(/NOTE: .* the whole file was converted from .* to UTF-8/);
      expect(await readFile(path, "utf8")).toBe(program(comment).replace("30", "30; // ✓ é"));
    },
  );

  it("is refused before anything is written when the encoding is a guess", async () => {
    const bytes = iconv.encode("x = 5 °C;\n", "windows-1252");
    await writeFile(path, bytes);

    const observation = await edit("str_replace", { old_str: "5", new_str: "→" });

    expect(observation.is_error).toBe(true);
    expect(textOf(observation.content)).toContain("Nothing was written. Convert the file first");
    expect(await readFile(path)).toEqual(bytes);
    // What the guess has a place for can be written, and the rest stays as it is.
    await edit("str_replace", { old_str: "5", new_str: "6 ±" });
    expect(await readFile(path)).toEqual(iconv.encode("x = 6 ± °C;\n", "windows-1252"));
  });
});

describe("any bytes of text", () => {
  /** A generator of numbers from 0 to 1 that is the same in every run. */
  function random(seed: number): () => number {
    let state = seed;
    return () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
  }

  /** A line of words of an encoding, or of bytes that belong to none. */
  function randomLine(next: () => number, encoding: string | null): Buffer {
    const bytes = Array.from({ length: Math.floor(next() * 30) }, () => {
      if (next() < 0.4) return Buffer.from("abc de(){}"[Math.floor(next() * 10)] ?? "");
      if (encoding === null) return Buffer.from([0x80 + Math.floor(next() * 0x80)]);
      const words = COMMENTS.filter(([name]) => name === encoding).map(([, comment]) => comment);
      const characters = [...words.join("")];
      return iconv.encode(characters[Math.floor(next() * characters.length)] ?? "", encoding);
    });
    return Buffer.concat([...bytes, Buffer.from(next() < 0.3 ? "\r\n" : "\n")]);
  }

  it.each(Array.from({ length: 80 }, (_, index) => index))("survive edits elsewhere (%i)", async (seed) => {
    const next = random(seed);
    const encodings = [...new Set(COMMENTS.map(([encoding]) => encoding)), null];
    const encoding = encodings[seed % encodings.length] ?? null;
    const before = Buffer.concat(Array.from({ length: 8 }, () => randomLine(next, encoding)));
    const after = Buffer.concat(Array.from({ length: 8 }, () => randomLine(next, encoding)));
    await writeFile(path, Buffer.concat([before, Buffer.from("@here@\n"), after]));

    expect(await edit("str_replace", { old_str: "@here@", new_str: "changed" })).toMatchObject({
      is_error: false,
    });
    expect(await readFile(path)).toEqual(Buffer.concat([before, Buffer.from("changed\n"), after]));

    await edit("undo_edit");
    expect(await readFile(path)).toEqual(Buffer.concat([before, Buffer.from("@here@\n"), after]));
  });
});
