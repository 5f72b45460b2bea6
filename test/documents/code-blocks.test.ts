import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allBlocks, type Block } from "./blocks.ts";
import { COMMAND_PLAYS } from "./command-plays.ts";
import { PLAYS } from "./plays.ts";

const root = resolve(import.meta.dirname, "../..");

/** Blocks that are run by a test of their own, by a part of their text. */
const RUN_ELSEWHERE: Readonly<Record<string, string>> = {
  "npx agent-server demo ": "test/cli/cli.test.ts",
  "npx agent-server chat ": "test/cli/chat/chat.test.ts",
  "npm install && npm start ": "test/package/package.test.ts",
  "npm run demo ": ".ci/run",
  "npm install && npm test": ".ci/run",
  "ID=$(curl": "test/examples/readme.test.ts",
  "function follow(": "test/examples/readme.test.ts",
  "ui install && npx agent-server --ui": "test/cli/ui.test.ts",
  "docker build --file examples/container/Dockerfile": "test/image/image.test.ts",
  "npx agent-server mock-llm": "test/cli/mock-llm.test.ts",
  "agent-server keys create ci": "test/cli/keys/keys.test.ts",
};

/** What is not code: output of a program, a picture of the house, the form of a comment. */
const SHOWN = ["Expected the agent to call weather", "create\n└─ sendMessage", "/**\n * Opens a port."];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-server-blocks-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ALL_PLAYS = [...PLAYS, ...COMMAND_PLAYS];
const blocks = allBlocks();
const runnable = blocks.filter((block) => playsOf(block).length > 0);

it("every block of code of a page is run, or names the test that runs it", () => {
  const others = blocks.filter((block) => !runnable.includes(block) && !isKnown(block));
  expect(others).toEqual([]);
  for (const file of Object.values(RUN_ELSEWHERE)) expect(existsSync(join(root, file)), file).toBe(true);
});

it("no way to run a block is left over", () => {
  const parts = [...ALL_PLAYS.map(({ shows }) => shows), ...Object.keys(RUN_ELSEWHERE), ...SHOWN];
  expect(parts.filter((part) => !blocks.some(({ text }) => text.includes(part)))).toEqual([]);
});

describe("a block of code does what its page says", () => {
  for (const block of runnable) {
    const [play, ...more] = playsOf(block);
    it.skipIf(play?.missing)(`${block.document}: ${play?.shows}`, async () => {
      expect(more).toEqual([]);
      await play?.play(block.text, await mkdtemp(join(folder, "block-")));
    });
  }
});

function playsOf({ language, text }: Block) {
  const plays = language === "ts" ? PLAYS : language === "sh" ? COMMAND_PLAYS : [];
  return plays.filter(({ shows }) => text.includes(shows));
}

function isKnown({ text }: Block): boolean {
  return [...Object.keys(RUN_ELSEWHERE), ...SHOWN].some((part) => text.includes(part));
}
