import { describe, expect, it } from "vitest";
import { browsersOfFile, NO_BROWSER, openConversation, site } from "./test-browser.ts";

const browsers = browsersOfFile();

/** Loads that take this long are given up in tests that need them to. */
const PATIENCE = 90_000;

describe.skipIf(NO_BROWSER)("a hostile page", () => {
  it("that never ends its script is reported, and left", { timeout: PATIENCE }, async () => {
    const page = await site({
      "/": "<button onclick='for (;;);'>hang</button>",
      "/fine": "<title>Fine</title>",
    });
    const { call, find } = await openConversation(browsers());
    await call("navigate", { url: page.url });
    await call("click", { index: await find("text", "hang") });
    const state = await call("get_state");
    if (state.isError) expect(state.text).toContain("did not answer");
    expect((await call("navigate", { url: `${page.url}/fine`, new_tab: true })).text).toContain("(Fine)");
  });

  it("that changes the functions of its window changes nothing of what the agent sees", async () => {
    const page = await site({
      "/": `<button>real</button><script>
        Array.from = () => { throw 1; }; Array.prototype.map = () => []; Object.entries = undefined;
        document.querySelectorAll = () => []; Element.prototype.getBoundingClientRect = () => ({});
        Element.prototype.click = () => {}; Map = WeakMap = Set = undefined; globalThis.agentElements = "mine";
      </script>`,
    });
    const { call, find } = await openConversation(browsers());
    await call("navigate", { url: page.url });
    expect(await find("text", "real")).toBe(1);
    expect((await call("get_content")).text).toContain("real");
    expect((await call("click", { index: 1 })).isError).toBe(false);
  });

  it("with ten thousand buttons is shown in part, and says so", { timeout: PATIENCE }, async () => {
    const page = await site({
      "/": `<body><script>
        document.body.innerHTML = Array.from({ length: 10000 }, (_, at) => '<button style="position:fixed">' + at + "</button>").join("");
      </script>`,
    });
    const { call } = await openConversation(browsers());
    await call("navigate", { url: page.url });
    const state = await call("get_state");
    expect(state.text.length).toBeLessThan(60_000);
    expect(state.text).toContain("more_elements");
    expect((await call("get_content")).text.length).toBeLessThan(40_000);
  });

  it("that nests its elements a thousand deep is read as far as it goes", async () => {
    const page = await site({
      "/": `<button>top</button><script>
        let at = document.body;
        for (let depth = 0; depth < 1000; depth += 1) at = at.appendChild(document.createElement("div"));
        at.textContent = "bottom";
      </script>`,
    });
    const { call, find } = await openConversation(browsers());
    await call("navigate", { url: page.url });
    await find("text", "top");
    expect((await call("get_content")).text).toContain("top");
  });

  it("that opens dialogs without end is closed, and its dialogs are answered", async () => {
    const page = await site({
      "/": `<button onclick="document.title = String(confirm('Really?')) + prompt('Name?')">ask</button>
        <button onclick="for (;;) alert('again')">flood</button>`,
    });
    const { call, find } = await openConversation(browsers());
    await call("navigate", { url: page.url });
    const asked = (await call("click", { index: await find("text", "ask") })).text;
    expect(asked).toContain('(confirm) that says "Really?"; it was answered with OK');
    expect(asked).toContain('(prompt) that says "Name?"; it was cancelled');
    expect((await call("list_tabs")).text).toContain("truenull");
    await call("click", { index: await find("text", "flood") });
    await expect
      .poll(async () => (await call("list_tabs")).text, { timeout: 40_000 })
      .toContain("about:blank");
  });

  it("cannot open more than twenty tabs", async () => {
    const page = await site({
      "/": `<button onclick="for (let at = 0; at < 40; at += 1) open('/?' + at)">many</button>`,
    });
    const { call, find } = await openConversation(browsers());
    await call("navigate", { url: page.url });
    await call("click", { index: await find("text", "many") });
    const { text } = await call("list_tabs");
    expect(text.match(/tab_id/g)?.length ?? 0).toBeLessThanOrEqual(20);
  });

  it("whose button is covered is clicked by script, which the answer says", async () => {
    const page = await site({
      "/": `<button onclick="document.title = 'hit'">under</button>
        <div style="position:fixed;inset:0;background:white">cookie banner</div>`,
    });
    const { call, find } = await openConversation(browsers());
    await call("navigate", { url: page.url });
    expect((await call("click", { index: await find("text", "under") })).text).toContain(
      "covered by <div> cookie banner, so it was clicked by script",
    );
    expect((await call("list_tabs")).text).toContain("hit");
  });

  it("cannot put more into a text than the bound, and what is left out lies in a file", async () => {
    const page = await site({
      "/": `<script>for (let at = 0; at < 60; at += 1) localStorage["k" + at] = "x".repeat(2000);</script>`,
    });
    const { call, host } = await openConversation(browsers());
    await call("navigate", { url: page.url });
    const { text } = await call("get_storage");
    expect(text.length).toBeLessThanOrEqual(50_000);
    const path = /The whole text is in (\S+browser_output_[0-9a-f]{8}\.txt)/.exec(text)?.[1] ?? "";
    const whole = new TextDecoder().decode(await host.workspace.files.read(path));
    expect(JSON.parse(whole).origins[0].localStorage).toHaveLength(60);
  });

  it("that shows a secret of the conversation shows its mask", async () => {
    const page = await site({ "/": "<p>The password is hunter2-of-the-user</p>" });
    const { call } = await openConversation(browsers(), { secrets: { PASSWORD: "hunter2-of-the-user" } });
    await call("navigate", { url: page.url });
    const { text } = await call("get_content");
    expect(text).toContain("The password is <secret-hidden>");
  });
});
