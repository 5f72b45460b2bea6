import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { temporaryDirectory } from "../workspace/open-local.ts";
import { animate } from "./animate.ts";
import { playShell } from "./play-shell.ts";
import type { Screen } from "./screens.ts";

const SIZE = { cols: 40, rows: 6 };
const TITLE = "a session";

const textsOf = (screen: Screen | undefined) =>
  (screen?.lines ?? []).map((line) => line.map(({ text }) => text).join(""));

describe("a recorded session", () => {
  it("shows what was typed, and what the commands wrote", async () => {
    const screens = await playShell({
      ...SIZE,
      folder: await temporaryDirectory(),
      commands: { greet: "printf '\\e[1;32mhello %s\\e[0m <&>\\n' \"$1\"" },
      steps: [{ type: "greet you" }],
    });
    expect(textsOf(screens[0])[0]?.trimEnd()).toBe("$");
    expect(screens.some((screen) => textsOf(screen)[0] === "$ gre")).toBe(true);
    expect(textsOf(screens.at(-1)).slice(0, 2)).toEqual(["$ greet you", "hello you <&>"]);
    const svg = animate(screens, { ...SIZE, title: TITLE });
    expect(svg).toContain('<tspan fill="#6fd08c" class="b">hello you</tspan> &lt;&amp;&gt;');
    expect((await sharp(Buffer.from(svg)).metadata()).format).toBe("svg");
  });

  it("has every line for its time, and ends with the last screen", () => {
    const piece = (text: string) => [{ text, color: undefined, bold: false, dim: false }];
    const screens = [
      { at: 0, lines: [piece("one")] },
      { at: 1, lines: [piece("one"), piece("two")] },
      { at: 2.5, lines: [piece("three"), piece("two")] },
    ];
    const lines = animate(screens, { ...SIZE, title: TITLE })
      .split("\n")
      .filter((line) => line.startsWith("<text"));
    expect(lines.map((line) => line.replace(/^<text x="16" y="[\d.]+"/, ""))).toEqual([
      ' visibility="hidden" xml:space="preserve">one<set attributeName="visibility" to="visible" begin="0s" end="2.5s"/></text>',
      ' xml:space="preserve">two<set attributeName="visibility" to="hidden" begin="0s" end="1s"/></text>',
      ' xml:space="preserve">three<set attributeName="visibility" to="hidden" begin="0s" end="2.5s"/></text>',
    ]);
  });

  it("of the README is a picture of the command that stands there", async () => {
    const root = resolve(import.meta.dirname, "../..");
    const readme = readFileSync(join(root, "README.md"), "utf8");
    for (const [picture, typed, command] of [
      ["terminal.svg", "$ npx agent-server demo<", "npx agent-server demo "],
      ["chat.svg", "$ npx agent-server chat --model demo/tour<", "npx agent-server chat "],
    ] as const) {
      const svg = readFileSync(join(root, "examples", picture), "utf8");
      expect((await sharp(Buffer.from(svg)).metadata()).format).toBe("svg");
      expect(svg).toContain(typed);
      expect(readme).toContain(command);
      expect(readme).toContain(`/examples/${picture})`);
      expect(svg).not.toMatch(/<script|href=|onload/);
      expect(svg.length).toBeLessThan(150_000);
    }
  });
});
