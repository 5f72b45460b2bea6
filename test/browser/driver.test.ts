import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { findChromium } from "../../src/browser/chromium/find-chromium.ts";
import { NO_BROWSER, openConversation, site, testBrowsers } from "./test-browser.ts";

/** Passes on what a browser says. After the trigger, it says what no browser does. */
const LIAR = `
let isDone = false;
process.stdin.on("data", (chunk) => {
  process.stdout.write(chunk);
  if (isDone || !chunk.includes("say-it-now") || chunk.at(-1) !== 0) return;
  isDone = true;
  process.stdout.write(LIE);
});`;

/** A program that runs the browser and says `lie` once a page has the title `say-it-now`. */
async function lyingBrowser(lie: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "lying-browser-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [filter, program] = [join(folder, "filter.mjs"), join(folder, "browser")];
  await writeFile(filter, LIAR.replace("LIE", JSON.stringify(lie)));
  const real = findChromium({ program: null, environment: process.env });
  await writeFile(
    program,
    `#!/bin/sh\n'${real}' "$@" 4>&1 | '${process.execPath}' '${filter}' >&4 4>&- 3<&-\n`,
  );
  await chmod(program, 0o755);
  return program;
}

describe.skipIf(NO_BROWSER)("a fault of the library that drives the browser", () => {
  it("is one failed browser: the call is answered, the next one has a new browser, and the server goes on", async () => {
    const page = await site({
      "/": "<title>Here</title>",
      "/bad": "<title>say-it-now</title>",
    });
    // An answer to a question that was never asked: the library throws where no caller can catch it.
    const browsers = testBrowsers({ program: await lyingBrowser('{"id":987654321,"result":{}}\0') });
    onTestFinished(() => browsers.close());
    const { call } = await openConversation(browsers);
    expect((await call("navigate", { url: page.url })).text).toContain("(Here)");
    const answers = [await call("navigate", { url: `${page.url}/bad` }), await call("list_tabs")];
    expect(answers.map(({ text }) => text).join("\n")).toMatch(
      /driver of the browser has failed|this is a new one/,
    );
    const next = await call("navigate", { url: page.url });
    expect(next).toMatchObject({ isError: false, text: expect.stringContaining("(Here)") });
  });

  it("is one failed browser when what the browser says is no message at all", async () => {
    const page = await site({ "/": "<title>Here</title>", "/bad": "<title>say-it-now</title>" });
    const browsers = testBrowsers({ program: await lyingBrowser("garbage\0") });
    onTestFinished(() => browsers.close());
    const { call } = await openConversation(browsers);
    await call("navigate", { url: `${page.url}/bad` });
    await call("list_tabs");
    expect((await call("navigate", { url: page.url })).text).toContain("(Here)");
  });
});
