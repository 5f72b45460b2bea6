import { describe, expect, it } from "vitest";
import { browsersOfFile, NO_BROWSER, openConversation, site } from "./test-browser.ts";

const browsers = browsersOfFile();

const SHOP = `<title>Shop</title>
<h1>Things</h1>
<p>We sell <b>good</b> things, see <a href="/list?all=1">all of them</a>.</p>
<ul><li>Nails<li>Screws<ul><li>long ones</ul></ul>
<table><tr><th>Name<th>Price<tr><td>Hammer<td>7 | 8</table>
<form action="/search"><label>Search <input name="q" placeholder="What?"></label><button>Go</button></form>
<select name="size"><option value="s">Small<option value="l">Large</select>
<input type="password" name="pin" value="0000"><input type="checkbox" name="gift">
<button disabled>Sold out</button><p style="display:none">hidden text</p>`;

describe.skipIf(NO_BROWSER)("a page", () => {
  it("is opened by its address, with or without a scheme, and named with its title", async () => {
    const shop = await site({ "/": SHOP });
    const { call } = await openConversation(browsers());
    expect((await call("navigate", { url: `${shop.url}/` })).text).toBe(`Navigated to: ${shop.url}/ (Shop)`);
    expect((await call("navigate", { url: `localhost:${shop.port}` })).text).toContain("(Shop)");
    expect((await call("navigate", { url: `${shop.url}/gone` })).text).toContain("HTTP status 404");
  });

  it("shows the elements that can be clicked or typed into, each with its number", async () => {
    const shop = await site({ "/": SHOP });
    const { call, elements } = await openConversation(browsers());
    await call("navigate", { url: shop.url });
    const state = JSON.parse((await call("get_state")).text);
    expect(Object.keys(state)).toEqual([
      ...["url", "title", "tabs", "interactive_elements", "viewport", "page", "scroll"],
    ]);
    expect(state).toMatchObject({
      url: `${shop.url}/`,
      title: "Shop",
      tabs: [{ url: `${shop.url}/`, title: "Shop" }],
      viewport: { width: 1280, height: 800 },
      scroll: { x: 0, y: 0 },
    });
    expect(await elements()).toEqual([
      { index: 1, tag: "a", text: "all of them", href: "/list?all=1" },
      expect.objectContaining({ tag: "label", text: "Search" }),
      { index: 3, tag: "input", text: "", type: "text", label: "Search", placeholder: "What?" },
      { index: 4, tag: "button", text: "Go" },
      { index: 5, tag: "select", text: "", label: "size", value: "s" },
      { index: 6, tag: "input", text: "", type: "password", label: "pin" },
      { index: 7, tag: "input", text: "", type: "checkbox", label: "gift", value: "on", checked: false },
      { index: 8, tag: "button", text: "Sold out", disabled: true },
    ]);
  });

  it("is read as Markdown, with links where they are wanted", async () => {
    const shop = await site({ "/": SHOP });
    const { call } = await openConversation(browsers());
    await call("navigate", { url: shop.url });
    const { text } = await call("get_content");
    expect(text).toContain("# Things\n\nWe sell **good** things, see all of them.");
    expect(text).toContain("- Nails\n- Screws\n  - long ones");
    expect(text).toContain("| Name | Price |\n| --- | --- |\n| Hammer | 7 \\| 8 |");
    expect(text).not.toContain("hidden text");
    expect(text).not.toContain("0000");
    expect((await call("get_content", { extract_links: true })).text).toContain(
      `[all of them](${shop.url}/list?all=1)`,
    );
  });

  it("that is long is read in parts, each of which says where the next begins", async () => {
    const words = Array.from({ length: 9000 }, (_, at) => `word${at}`).join(" ");
    const long = await site({ "/": `<p>${words}</p>` });
    const { call } = await openConversation(browsers());
    await call("navigate", { url: long.url });
    const first = (await call("get_content")).text;
    const next = Number(/start_from_char=(\d+)/.exec(first)?.[1]);
    expect(next).toBe(30_000);
    let text = /<webpage_content>\n([\s\S]*)\n<\/webpage_content>/.exec(first)?.[1] ?? "";
    for (let start: number | null = next; start !== null; ) {
      const part: string = (await call("get_content", { start_from_char: start })).text;
      text += /<webpage_content>\n([\s\S]*)\n<\/webpage_content>/.exec(part)?.[1] ?? "";
      const more = /start_from_char=(\d+)/.exec(part)?.[1];
      start = more === undefined ? null : Number(more);
    }
    expect(text).toBe(words);
    expect(await call("get_content", { start_from_char: 999_999 })).toMatchObject({
      isError: true,
      text: expect.stringContaining("past the end"),
    });
  });

  it("is clicked, and the answer names the page that it led to", async () => {
    const shop = await site({ "/": SHOP, "/list": "<title>List</title>all" });
    const { call, find } = await openConversation(browsers());
    await call("navigate", { url: shop.url });
    const link = await find("text", "all of them");
    expect((await call("click", { index: link })).text).toBe(
      `Clicked element ${link}, <a> "all of them". The page is now: ${shop.url}/list?all=1 (List)`,
    );
    expect((await call("go_back")).text).toBe(`Navigated back to: ${shop.url}/ (Shop)`);
    expect(await call("click", { index: await find("text", "Sold out") })).toMatchObject({
      isError: true,
      text: expect.stringContaining("is disabled"),
    });
  });

  it("waits for a slow page that a click leads to", async () => {
    const slow = await site({
      "/": '<a href="/slow">slow</a>',
      "/slow": (_, response) => void setTimeout(() => response.end("<title>At last</title>"), 1500),
    });
    const { call, find } = await openConversation(browsers());
    await call("navigate", { url: slow.url });
    expect((await call("click", { index: await find("text", "slow") })).text).toContain("(At last)");
  });

  it("knows elements that only a script listens to, in frames and in shadow trees", async () => {
    const app = await site({
      "/": `<div id="one">plain div</div><iframe src="/frame"></iframe><x-host></x-host>
        <script>
          document.getElementById("one").addEventListener("click", () => { document.title = "one"; });
          class Host extends HTMLElement {
            connectedCallback() {
              this.attachShadow({ mode: "open" }).innerHTML = "<button>in shadow</button>";
              this.shadowRoot.querySelector("button").onclick = () => { document.title = "shadow"; };
            }
          }
          customElements.define("x-host", Host);
        </script>`,
      "/frame": `<button onclick="parent.document.title = 'frame'">in frame</button>`,
    });
    const { call, find } = await openConversation(browsers());
    await call("navigate", { url: app.url });
    for (const [text, title] of [
      ["plain div", "one"],
      ["in frame", "frame"],
      ["in shadow", "shadow"],
    ]) {
      expect((await call("click", { index: await find("text", text) })).isError).toBe(false);
      expect((await call("list_tabs")).text).toContain(`"title": "${title}"`);
    }
    expect((await call("get_content")).text).toMatch(/plain div[\s\S]*in shadow[\s\S]*in frame/);
  });

  it("of another site in a frame is seen and clicked where it lies", async () => {
    const inner = await site({
      "/": `<body style="margin:0"><button onclick="this.textContent='done'">inner</button>`,
    });
    const outer = await site({
      "/": `<div style="height:300px"></div><iframe src="http://127.0.0.1:${inner.port}/" style="margin-left:200px"></iframe>`,
    });
    const { call, find } = await openConversation(browsers());
    await call("navigate", { url: outer.url });
    await call("click", { index: await find("text", "inner") });
    await find("text", "done");
  });

  it("is typed into: keys replace what a field holds, and a line break sends it off", async () => {
    const shop = await site({ "/": SHOP, "/search": "<title>Found</title>" });
    const { call, find } = await openConversation(browsers());
    await call("navigate", { url: shop.url });
    const field = await find("placeholder", "What?");
    await call("type", { index: field, text: "nails" });
    await find("value", "nails");
    expect((await call("type", { index: field, text: "screws\n" })).text).toContain(
      `The page is now: ${shop.url}/search?q=screws (Found)`,
    );
  });

  it("gets a choice of a list by its words, and a date as a picker gives it", async () => {
    const form = await site({ "/": `${SHOP}<input type="date" name="day">` });
    const { call, find } = await openConversation(browsers());
    await call("navigate", { url: form.url });
    const list = await find("tag", "select");
    expect((await call("click", { index: list })).text).toContain("Small, Large");
    expect(await call("type", { index: list, text: "Huge" })).toMatchObject({
      isError: true,
      text: expect.stringContaining("It has: Small, Large"),
    });
    await call("type", { index: list, text: "Large" });
    await find("value", "l");
    const day = await find("type", "date");
    expect((await call("type", { index: day, text: "tomorrow" })).isError).toBe(true);
    await call("type", { index: day, text: "2026-11-26" });
    await find("value", "2026-11-26");
  });

  it("is scrolled, which brings further elements", async () => {
    const long = await site({ "/": '<div style="height:4000px">top</div><button>bottom</button>' });
    const { call, elements } = await openConversation(browsers());
    await call("navigate", { url: long.url });
    expect(await elements()).toEqual([]);
    expect((await call("scroll", { direction: "up" })).text).toContain("This is the beginning");
    for (let screens = 0; screens < 6; screens += 1) await call("scroll");
    expect((await call("scroll")).text).toContain("This is the end");
    expect(await elements()).toMatchObject([{ text: "bottom" }]);
  });

  it("scrolls in its middle where the whole of it does not", async () => {
    const app = await site({
      "/": `<body style="margin:0;overflow:hidden"><main style="height:100vh;overflow-y:auto"><div style="height:3000px">x</div></main>`,
    });
    const { call } = await openConversation(browsers());
    await call("navigate", { url: app.url });
    expect((await call("scroll")).text).toContain("pixels 640 to 1440 of 3000");
  });
});

describe.skipIf(NO_BROWSER)("numbers of elements", () => {
  it("never mean another element: one that is gone is not found", async () => {
    const app = await site({
      "/": `<button onclick="this.remove(); document.body.innerHTML = '<button>second</button>'">first</button>`,
      "/next": "<button>third</button>",
    });
    const { call, find } = await openConversation(browsers());
    await call("navigate", { url: app.url });
    const first = await find("text", "first");
    await call("click", { index: first });
    expect(await call("click", { index: first })).toMatchObject({
      isError: true,
      text: expect.stringContaining(`Element with index ${first} not found`),
    });
    const second = await find("text", "second");
    await call("navigate", { url: `${app.url}/next` });
    expect((await call("click", { index: second })).isError).toBe(true);
    expect(await find("text", "third")).toBeGreaterThan(second);
  });

  it("stay the same from one look to the next", async () => {
    const shop = await site({ "/": SHOP });
    const { call, find } = await openConversation(browsers());
    await call("navigate", { url: shop.url });
    const before = await find("text", "Go");
    await call("scroll");
    expect(await find("text", "Go")).toBe(before);
  });
});

describe.skipIf(NO_BROWSER)("tabs", () => {
  it("are opened by address and by link, listed, switched and closed by their ids", async () => {
    const shop = await site({ "/": SHOP, "/list": "<title>List</title>" });
    const { call, find } = await openConversation(browsers());
    await call("navigate", { url: shop.url });
    expect((await call("navigate", { url: `${shop.url}/list`, new_tab: true })).text).toBe(
      `Opened new tab 0002 with URL: ${shop.url}/list (List)`,
    );
    expect((await call("switch_tab", { tab_id: "0001" })).text).toContain("(Shop)");
    await call("click", { index: await find("text", "all of them"), new_tab: true });
    const tabs = JSON.parse((await call("list_tabs")).text);
    expect(tabs).toEqual([
      { tab_id: "0001", url: `${shop.url}/`, title: "Shop" },
      { tab_id: "0002", url: `${shop.url}/list`, title: "List" },
      { tab_id: "0003", url: `${shop.url}/list?all=1`, title: "List" },
    ]);
    expect((await call("close_tab", { tab_id: "0003" })).text).toContain("now on tab 0002");
    expect(await call("switch_tab", { tab_id: "0003" })).toMatchObject({
      isError: true,
      text: expect.stringContaining("Open tabs: 0001, 0002"),
    });
  });

  it("that a page opens become the current one", async () => {
    const app = await site({ "/": '<a target="_blank" href="/new">new</a>', "/new": "<title>New</title>" });
    const { call, find } = await openConversation(browsers());
    await call("navigate", { url: app.url });
    expect((await call("click", { index: await find("text", "new") })).text).toContain(
      `It opened tab 0002, which is now the current one: ${app.url}/new (New)`,
    );
  });
});

describe.skipIf(NO_BROWSER)("the storage of sites", () => {
  it("is read and set: cookies, local storage and session storage", async () => {
    const app = await site({
      "/": `<script>document.cookie = "a=1"; localStorage.b = "2"; sessionStorage.c = "3"</script>`,
    });
    const one = await openConversation(browsers());
    await one.call("navigate", { url: app.url });
    const state = JSON.parse((await one.call("get_storage")).text);
    expect(state).toMatchObject({
      cookies: [{ name: "a", value: "1", domain: "localhost" }],
      origins: [
        {
          origin: app.url,
          localStorage: [{ name: "b", value: "2" }],
          sessionStorage: [{ name: "c", value: "3" }],
        },
      ],
    });
    const other = await openConversation(browsers());
    await other.call("navigate", { url: `${app.url}/empty` });
    expect(JSON.parse((await other.call("get_storage")).text)).toEqual({ cookies: [], origins: [] });
    expect((await other.call("set_storage", { storage_state: state })).isError).toBe(false);
    expect(JSON.parse((await other.call("get_storage")).text)).toEqual(state);
  });

  it("is not set where it cannot be, which the answer says", async () => {
    const { call } = await openConversation(browsers());
    const origins = [{ origin: "https://example.com", localStorage: [{ name: "a", value: "b" }] }];
    expect(await call("set_storage", { storage_state: { origins } })).toMatchObject({
      isError: true,
      text: expect.stringContaining("no tab shows these sites: https://example.com"),
    });
    for (const [storage_state, field] of [
      [{ cookies: "none" }, "storage_state.cookies: must be a list"],
      [{ cookies: [{ name: "a" }] }, "cookies[0]: needs a name and a value"],
      [{ cookies: [{ name: "a", value: "b" }] }, "cookies[0]: needs a domain"],
      [{ origins: [{ origin: "nowhere" }] }, "origins[0].origin: must be an address"],
      [{ origins: [{ origin: "http://a.b", localStorage: [{ name: 1 }] }] }, "localStorage[0]: needs a name"],
    ] as const) {
      const { text, isError } = await call("set_storage", { storage_state });
      expect({ text, isError }).toEqual({ text: expect.stringContaining(field), isError: true });
    }
  });
});
