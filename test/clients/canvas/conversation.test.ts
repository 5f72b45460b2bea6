import { access, readFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Canvas, NO_BROWSER, openCanvas } from "./open-canvas.ts";

/** An image of one pixel. */
const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const COMMIT =
  "git init -q . && printf 'a first line' > kept.txt && git add . && git -c user.name=a -c user.email=a@b commit -qm 'A first commit'";

describe.skipIf(NO_BROWSER)("a conversation in Agent Canvas", () => {
  let canvas: Canvas;
  /** The agent's folder. */
  let folder: string;

  beforeAll(async () => {
    canvas = await openCanvas();
    await canvas.user.onboard(canvas.bed.modelUrl);
    folder = canvas.user.workingDir(canvas.bed.folder);
  });
  afterAll(() => canvas?.[Symbol.asyncDispose]());
  afterEach(({ task }) => canvas.check(task.name));

  it("takes place in a folder of its own", async () => {
    await access(folder);
  });

  it("shows a command and the reply after it", async () => {
    await canvas.user.order(
      { say: "I look around.", calls: [["terminal", { command: COMMIT }]] },
      { say: "The work is **done**." },
    );
    await canvas.user.reads("I look around.");
    await canvas.page.getByText(/^Ran/).first().waitFor();
    await canvas.user.reads("The work is done.");
  });

  it("shows a reply while it is written", async () => {
    const words = Array.from({ length: 60 }, (_, index) => `word${index}`).join(" ");
    await canvas.user.order({ pace: 100, say: words });
    const reply = canvas.user.see("agent-message").filter({ hasText: "word0" });
    await expect.poll(() => reply.textContent()).toMatch(/word2\b/);
    expect(await reply.textContent()).not.toContain("word59");
    await canvas.user.reads("word59");
    expect(await reply.count()).toBe(1);
  });

  it("shows a file that the agent writes, as a card", async () => {
    await canvas.user.order(
      {
        calls: [
          [
            "file_editor",
            { command: "create", path: `${folder}/NOTES.md`, file_text: "# Notes\n\nFor the next." },
          ],
        ],
      },
      { say: "Noted." },
    );
    await canvas.user.reads("Noted.");
    await canvas.page.getByText("NOTES.md").first().waitFor();
  });

  it("lists the files of the folder", async () => {
    await canvas.user.openTab("files");
    await canvas.user.see("files-tab-refresh").click();
    await canvas.user.see("file-tree-file-NOTES.md").waitFor();
    await canvas.user.see("file-tree-file-kept.txt").waitFor();
  });

  it("opens a file", async () => {
    await canvas.user.see("file-tree-file-kept.txt").click();
    await canvas.user.see("files-tab-content").getByText("a first line").waitFor();
  });

  it("renders a file of Markdown", async () => {
    await canvas.user.see("file-tree-file-NOTES.md").click();
    await canvas.user.see("files-tab-content").getByText("For the next.").waitFor();
  });

  it("lists commits", async () => {
    await canvas.user.openTab("commits");
    await canvas.user.see("commit-row").getByText("A first commit").waitFor();
  });

  it("shows the files of a commit", async () => {
    await canvas.user.see("commit-row-toggle").first().click();
    await canvas.user.see("commit-list").getByText("kept.txt").waitFor();
    await canvas.user.see("commit-row-toggle").first().click();
  });

  it("shows what no commit has yet", async () => {
    await canvas.user.see("uncommitted-changes-row-toggle").click();
    await canvas.user.see("uncommitted-changes-row-content").getByText("NOTES.md").waitFor();
  });

  it("shows the commands and their output in the terminal", async () => {
    await canvas.user.openTab("terminal");
    await canvas.page.locator(".xterm-rows").getByText("git init").first().waitFor();
  });

  it("has no plan yet", async () => {
    await canvas.user.openTab("planner");
    await canvas.page.getByRole("button", { name: /plan/i }).last().waitFor();
  });

  it("has no page of a browser yet", async () => {
    await canvas.user.openTab("browser");
    await canvas.page
      .getByText(/browser/i)
      .last()
      .waitFor();
  });

  it("counts what it has used", async () => {
    await canvas.user.openTab("usage");
    await canvas.user.see("usage-panel").waitFor();
    await canvas.user.see("context-meter").waitFor();
  });

  it("is condensed by a button, and goes on", async () => {
    // The button is behind the meter, which shows for a model whose window is known.
    const { url, key, modelUrl } = canvas.bed;
    const id = canvas.page.url().match(/[0-9a-f-]{36}/)?.[0];
    const llm = {
      model: "openai/obedient",
      base_url: modelUrl,
      api_key: "test-key",
      stream: true,
      max_input_tokens: 100_000,
    };
    await fetch(`${url}/api/conversations/${id}/switch_llm`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-session-api-key": key },
      body: JSON.stringify({ llm }),
    });
    await canvas.user.order({ say: "The window is known." });
    await canvas.user.reads("The window is known.");
    await canvas.user.see("context-window-meter").click();
    const condensed = canvas.page.waitForResponse(/\/condense$/);
    await canvas.user.see("context-window-compact-button").click();
    expect((await condensed).status()).toBe(200);
    await canvas.page.reload();
    await canvas.user.order({ say: "It goes on." });
    await canvas.user.reads("It goes on.");
  });

  it("counts the changed lines in its overview", async () => {
    await canvas.user.closePanel();
    const toggle = canvas.user.see("conversation-overview-toggle");
    await expect
      .poll(async () => {
        await toggle.click();
        return canvas.user.see("conversation-overview-panel").isVisible();
      })
      .toBe(true);
    await expect
      .poll(() => canvas.user.see("conversation-overview-diffs-additions").allTextContents())
      .toEqual([expect.stringMatching(/\+[1-9]/)]);
    await toggle.click();
  });

  it("is stopped by a button", async () => {
    await canvas.user.order({ say: "This takes long.", calls: [["terminal", { command: "sleep 60" }]] });
    await canvas.user.reads("This takes long.");
    await canvas.user.see("stop-button").click();
    await canvas.user.see("conversation-status-paused").waitFor();
  });

  it("goes on after it was stopped", async () => {
    await canvas.user.see("play-button").click();
    await canvas.user.reads("The plan has no more steps.");
  });

  it("sends a file to the agent's folder", async () => {
    await canvas.page
      .locator("input[type=file]")
      .first()
      .setInputFiles({ name: "attached.txt", mimeType: "text/plain", buffer: Buffer.from("attached text") });
    await canvas.page.getByText("attached.txt").first().waitFor();
    await canvas.user.send("Read this, please");
    await canvas.user.reads("NEW FILES ADDED: attached.txt");
    expect(await readFile(`${folder}/attached.txt`, "utf8")).toBe("attached text");
  });

  it("shows an image that is sent, and says that the model cannot see it", async () => {
    await canvas.page
      .locator("input[type=file]")
      .first()
      .setInputFiles({ name: "dot.png", mimeType: "image/png", buffer: Buffer.from(PIXEL, "base64") });
    await canvas.page
      .getByRole("img", { name: "dot.png" })
      .or(canvas.user.see("image-preview"))
      .first()
      .waitFor();
    await canvas.user.send("Look at this");
    await canvas.user.see("user-message").last().getByTestId("image-preview").waitFor();
    await canvas.user.reads("cannot see images");
  });

  it("shows an error of the model as a banner, and goes on", async () => {
    await canvas.user.order({ fail: 401 });
    await canvas.user.see("error-message-banner").waitFor();
    await canvas.user.send("Better now?");
    await canvas.user.reads("Better now?");
  });

  it("answers a question that is not part of the work", async () => {
    await canvas.user.send('/btw [{"say":"Nothing else yet."}]');
    await canvas.user.see("btw-messages").getByText("Nothing else yet.").waitFor();
  });

  it("pursues a goal until its judge is content", async () => {
    await canvas.user.send('/goal [{"say":"It is reached."}]');
    await canvas.user.reads("It is reached.");
    await canvas.user.see("goal-done").first().waitFor();
  });

  it("stops a goal, and offers to go on with it", async () => {
    await canvas.user.send(
      '/goal [{"say":"It takes a while.","calls":[["terminal",{"command":"sleep 30"}]]}]',
    );
    await canvas.user.reads("It takes a while.");
    await canvas.user.see("goal-stop").last().click();
    await canvas.user.see("goal-resume").last().waitFor();
  });

  it("offers its commands when a slash is typed", async () => {
    await canvas.user.see("chat-input").click();
    await canvas.page.keyboard.type("/");
    await canvas.user.see("slash-command-menu").getByText("/model", { exact: true }).waitFor();
    await canvas.page.keyboard.press("Backspace");
  });

  it("shows the tools that the agent has", async () => {
    await canvas.user.see("chat-plus-button").click();
    await canvas.page.getByTestId("show-agent-tools-button").click();
    await canvas.page.getByText("file_editor").first().waitFor();
    await canvas.page.keyboard.press("Escape");
  });

  it("gets another name", async () => {
    await canvas.user.openMenuOfConversation();
    await canvas.user.see("edit-button").click();
    await canvas.page.keyboard.press("Control+A");
    await canvas.page.keyboard.type("A better name");
    await canvas.page.keyboard.press("Enter");
    await canvas.user.see("conversation-card-title").getByText("A better name").waitFor();
    await expect.poll(() => canvas.user.see("conversation-name-title").textContent()).toBe("A better name");
  });

  it("is downloaded", async () => {
    const download = canvas.page.waitForEvent("download");
    await canvas.user.openMenuOfConversation();
    await canvas.user.see("download-trajectory-button").click();
    expect((await download).suggestedFilename()).toMatch(/\.zip$/);
  });

  it("is the same in a second tab, where a message of the first shows at once", async () => {
    const second = await canvas.page.context().newPage();
    await second.goto(canvas.page.url());
    await second.getByTestId("agent-message").filter({ hasText: "Better now?" }).last().waitFor();
    // A tab that is not in front is slowed down.
    await canvas.page.bringToFront();
    await canvas.user.send("Both see this");
    await second.getByTestId("agent-message").filter({ hasText: "You said: Both see this" }).waitFor();
    await second.close();
  });

  it("goes on when the server was killed and came back", async () => {
    await canvas.bed.restart();
    await canvas.browser.faults();
    await canvas.page.reload();
    await canvas.user.reads("You said: Both see this");
    await canvas.user.send("After the restart");
    await canvas.user.reads("You said: After the restart");
  });

  it("is deleted", async () => {
    await canvas.user.openMenuOfConversation();
    await canvas.user.see("delete-button").click();
    await canvas.page
      .getByRole("button", { name: /^(delete|confirm)/i })
      .last()
      .click();
    await expect.poll(() => canvas.user.see("conversation-card").count()).toBe(0);
  });
});
