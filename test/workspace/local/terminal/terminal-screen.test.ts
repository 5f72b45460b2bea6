import { expect, it, onTestFinished } from "vitest";
import { TerminalScreen } from "../../../../src/workspace/local/terminal/terminal-screen.ts";

async function openScreen() {
  let text = "";
  const screen = await TerminalScreen.open({
    columns: 256,
    rows: 50,
    markerNumber: 7717,
    onText: (piece) => {
      text += piece;
    },
  });
  onTestFinished(() => screen.close());
  const write = (output: string) => new Promise<void>((resolve) => screen.write(output, resolve));
  return { screen, write, printed: () => text + screen.pendingText() };
}

/** Number of times that other work was done meanwhile. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  work.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    await new Promise((resolve) => setImmediate(resolve));
    turns += 1;
  }
  return turns;
}

const HUGE = "2147483647";
const FINALS = Array.from({ length: 0x7f - 0x40 }, (_, index) => String.fromCharCode(0x40 + index));

it("no count of a control sequence keeps the process busy", async () => {
  const { write, printed } = await openScreen();
  for (const prefix of ["", "?", ">", " ", "'"]) {
    const body =
      prefix === " " || prefix === "'" ? `${HUGE};${HUGE}${prefix}` : `${prefix}${HUGE};${HUGE};${HUGE}`;
    for (const final of FINALS) await write(`x\x1b[${body}${final}`);
  }
  await write("\x1bcstill here");
  expect(printed()).toContain("still here");
});

it.each([
  ["resets", "abc\x1bc".repeat(2000)],
  ["switches of the screen", "\x1b[?1049h\x1b[?1049l".repeat(1500)],
  ["scrolling", `\x1b[${HUGE}S\x1b[${HUGE}L`.repeat(1000)],
  ["erasing", "x\x1b[2J".repeat(4000)],
])("other work goes on during many %s", async (_what, output) => {
  const { write, printed } = await openScreen();
  expect(await turnsDuring(write(output))).toBeGreaterThan(10);
  await write("\x1b[?1049l\x1bcstill here");
  expect(printed()).toContain("still here");
});

it.each([
  ["an operating system command", "\x1b]0;", "\x07"],
  ["a device control string", "\x1bPq", "\x1b\\"],
  ["a string without a meaning", "\x1bX", "\x1b\\"],
  ["parameters", "\x1b[", "m"],
])("other work goes on during %s of 50 MB, and none of it is kept", async (_what, start, end) => {
  const { write, printed } = await openScreen();
  const piece = "1".repeat(64 * 1024);
  await write(`before${start}`);
  const flood = async () => {
    for (let written = 0; written < 50_000_000; written += piece.length) await write(piece);
  };
  expect(await turnsDuring(flood())).toBeGreaterThan(100);
  await write(`${end}after`);
  expect(printed()).toBe("beforeafter");
});

it("output that the emulator does not have yet is dropped when the screen is closed", async () => {
  const { screen } = await openScreen();
  let done = false;
  screen.write("abc\x1bc".repeat(100_000), () => {
    done = true;
  });
  screen.close();
  await turnsDuring(new Promise((resolve) => setTimeout(resolve, 50)));
  expect(done).toBe(false);
});
