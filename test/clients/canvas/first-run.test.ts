import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Canvas, NO_BROWSER, openCanvas } from "./open-canvas.ts";

describe.skipIf(NO_BROWSER)("a newcomer to Agent Canvas", () => {
  let canvas: Canvas;

  beforeAll(async () => {
    canvas = await openCanvas();
  });
  afterAll(() => canvas?.[Symbol.asyncDispose]());
  afterEach(({ task }) => canvas.check(task.name));

  it("is asked about telemetry, once", async () => {
    await canvas.user.consent();
  });

  it("finds the server connected and is asked for an agent", async () => {
    await canvas.user.see("onboarding-step-choose-agent").waitFor();
    expect(await canvas.page.getByText("Disconnected").count()).toBe(0);
  });

  it("gets a form for the model after the agent", async () => {
    await canvas.user.chooseAgent();
    await canvas.user.see("sdk-section-all-toggle").waitFor();
  });

  it("saves a model and is invited to say hello", async () => {
    await canvas.user.setUpModel(canvas.bed.modelUrl);
  });

  it("says hello and is answered", async () => {
    await canvas.user.sayHello("Good morning");
    await canvas.user.reads("You said: Good morning");
    await expect.poll(() => canvas.user.see("user-message").allInnerTexts()).toEqual(["Good morning"]);
  });

  it("sees the conversation in the sidebar, under a title", async () => {
    await expect
      .poll(() => canvas.user.see("conversation-card-title").allInnerTexts())
      .toEqual([expect.stringContaining("Good morning")]);
  });

  it("sees the first steps done in the list of what to do", async () => {
    await canvas.user.see("sidebar-onboarding-checklist").getByText("2 complete").waitFor();
  });

  it("finds the conversation again after a reload, with its messages", async () => {
    await canvas.page.reload();
    await canvas.user.reads("You said: Good morning");
    expect(await canvas.user.see("user-message").allInnerTexts()).toEqual(["Good morning"]);
  });

  it("is answered after the reload, too", async () => {
    await canvas.user.send("Are you still there?");
    await canvas.user.reads("You said: Are you still there?");
  });

  it("is not asked anything again at the start page, and can write there", async () => {
    await canvas.user.visit("/");
    await canvas.user.see("home-chat-launcher").waitFor();
    await canvas.user.send("A second conversation");
    await canvas.page.waitForURL(/\/conversations\/[0-9a-f-]{36}/);
    await canvas.user.reads("You said: A second conversation");
    await expect.poll(() => canvas.user.see("conversation-card").count()).toBe(2);
  });

  // In the first conversation Canvas shows the profile that was active when its page was loaded: the demo model.
  it("sees the model that answers beside the box for messages", async () => {
    await expect.poll(() => canvas.user.see("chat-input-llm-profile").textContent()).toBe("obedient");
  });

  it("goes back to the first conversation by a click", async () => {
    await canvas.user.see("conversation-card-title").getByText("Good morning").click();
    await canvas.user.reads("You said: Are you still there?");
  });
});
