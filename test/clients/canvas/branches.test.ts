import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Canvas, NO_BROWSER, openCanvas } from "./open-canvas.ts";

describe.skipIf(NO_BROWSER)("branches in Agent Canvas", () => {
  let canvas: Canvas;
  /** Path of the conversation that the branches begin in. */
  let source: string;

  beforeAll(async () => {
    canvas = await openCanvas();
    await canvas.user.onboard(canvas.bed.modelUrl);
    await canvas.user.send("Second words");
    await canvas.user.reads("You said: Second words");
    source = new URL(canvas.page.url()).pathname;
  });
  afterAll(() => canvas?.[Symbol.asyncDispose]());
  afterEach(({ task }) => canvas.check(task.name));

  /** Branches from a message and waits for the page of the new conversation. */
  async function branchFrom(testId: "agent-message" | "user-message", words: string): Promise<void> {
    const message = canvas.user.see(testId).filter({ hasText: words }).first();
    await message.hover();
    await message.getByRole("button", { name: "Branch from here" }).click();
    await canvas.page.waitForURL((url) => /^\/conversations\//.test(url.pathname) && url.pathname !== source);
    // The messages of the other conversation are still there for a moment, and its input with them.
    await canvas.user.see("user-message").filter({ hasText: "Second words" }).waitFor({ state: "hidden" });
  }

  it("begin after a message of the agent, with what was said before it", async () => {
    await branchFrom("agent-message", "You said: Hello there");
    await canvas.user.reads("You said: Hello there");
    await canvas.user.send("On the branch");
    await canvas.user.reads("You said: On the branch");
    expect(await canvas.user.see("user-message").filter({ hasText: "Second words" }).count()).toBe(0);
  });

  it("leave the conversation that they begin in as it is", async () => {
    await canvas.user.visit(source);
    await canvas.user.reads("You said: Second words");
    expect(await canvas.user.see("user-message").filter({ hasText: "On the branch" }).count()).toBe(0);
  });

  it("begin before a message of the user, so that it can be said in other words", async () => {
    await branchFrom("user-message", "Second words");
    await canvas.user.reads("You said: Hello there");
    // The app puts the old words into its input, unless that is drawn again at this moment.
    await canvas.user.send("Other words");
    await canvas.user.reads(/You said: .*Other words/);
    expect(await canvas.user.see("user-message").count()).toBe(2);
  });

  it("are listed, with names that say what they are", async () => {
    await expect.poll(() => canvas.user.see("conversation-card").count()).toBe(3);
  });
});
