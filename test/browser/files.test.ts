import { describe, expect, it } from "vitest";
import { browsersOfFile, NO_BROWSER, openConversation, site } from "./test-browser.ts";

const browsers = browsersOfFile();

const read = async (
  host: { workspace: { files: { read(path: string): Promise<Uint8Array> } } },
  path: string,
) => new TextDecoder().decode(await host.workspace.files.read(path));

describe.skipIf(NO_BROWSER)("files", () => {
  it("that pages offer arrive in the workspace, whatever name the page gives them", async () => {
    const page = await site({
      "/": '<a href="/report">report</a>',
      "/report": (_, response) =>
        void response
          .writeHead(200, { "content-disposition": 'attachment; filename="../../.ssh/authorized keys"' })
          .end("numbers"),
    });
    const { call, find, host } = await openConversation(browsers());
    await call("navigate", { url: page.url });
    const link = await find("text", "report");
    const { text } = await call("click", { index: link });
    const path = /\[A file was downloaded to (.+)\]/.exec(text)?.[1] ?? "";
    const folder = `${host.workspace.info.workingDir}/.agent_tmp/browser_downloads/`;
    expect(path.startsWith(folder)).toBe(true);
    expect(path.slice(folder.length)).not.toMatch(/\/|^\./);
    expect(await read(host, path)).toBe("numbers");
    // A second one of the name does not take the place of the first.
    expect((await call("click", { index: link })).text).not.toContain(`${path}]`);
    const opened = await call("navigate", { url: `${page.url}/report` });
    expect(opened).toMatchObject({ isError: false, text: expect.stringContaining("it is downloaded") });
  });

  it("that are too large are stopped, which the answer says", async () => {
    const page = await site({
      "/": '<a href="/big">big</a>',
      "/big": (_, response) =>
        void response
          .writeHead(200, {
            "content-disposition": "attachment; filename=big.bin",
            "content-length": String(2 ** 40),
          })
          .write("start"),
    });
    const { call, find, host } = await openConversation(browsers());
    await call("navigate", { url: page.url });
    await call("click", { index: await find("text", "big") });
    await expect
      .poll(async () => (await call("list_tabs")).text + (await call("list_tabs")).text)
      .not.toContain("downloaded to");
    const { files, info } = host.workspace;
    expect(await files.stat(`${info.workingDir}/.agent_tmp/browser_downloads/big.bin`)).toBeNull();
  });

  it("of the workspace are given to a page by their path, and no others", async () => {
    const page = await site({
      "/": `<input type="file" multiple onchange="Promise.all([...this.files].map((file) => file.text())).then((all) => { document.title = all.join() })">`,
    });
    const { call, find, host } = await openConversation(browsers());
    const { files, info } = host.workspace;
    await files.write(`${info.workingDir}/one.txt`, "first");
    await files.write(`${info.workingDir}/two.txt`, "second");
    await call("navigate", { url: page.url });
    const index = await find("type", "file");
    await call("type", { index, text: `one.txt\n${info.workingDir}/two.txt` });
    await expect.poll(async () => (await call("list_tabs")).text).toContain("first,second");
    const { symlink } = await import("node:fs/promises");
    await symlink("/etc/hostname", `${info.workingDir}/link`);
    for (const text of [
      "/etc/hostname",
      "../../../../etc/hostname",
      "link",
      "missing.txt",
      "",
      info.workingDir,
    ]) {
      expect(await call("type", { index, text }), text).toMatchObject({ isError: true });
    }
    expect((await call("list_tabs")).text).toContain("first,second");
  });

  it("with pictures of pages are kept, and the model sees the picture", async () => {
    const page = await site({ "/": "<body style='background:teal'>" });
    const { call, host } = await openConversation(browsers());
    await call("navigate", { url: page.url });
    const { text, screenshot } = await call("get_state", { include_screenshot: true });
    expect(screenshot?.slice(0, 11)).toBe("iVBORw0KGgo");
    const path =
      /Screenshot saved to: (\S+\/observations\/browser_screenshot_[0-9a-f]{8}\.png)/.exec(text)?.[1] ?? "";
    expect(Buffer.from(await host.workspace.files.read(path)).toString("base64")).toBe(screenshot);
  });

  it("of pictures stay small, also of a page that is all noise", async () => {
    const page = await site({
      "/": `<body style="margin:0"><canvas width="1280" height="800"></canvas><script>
        const paint = document.querySelector("canvas").getContext("2d");
        const noise = paint.createImageData(1280, 800);
        for (let at = 0; at < noise.data.length; at += 1) noise.data[at] = Math.random() * 256;
        paint.putImageData(noise, 0, 0);
      </script>`,
    });
    const { call } = await openConversation(browsers());
    await call("navigate", { url: page.url });
    const { screenshot, text } = await call("get_state", { include_screenshot: true });
    expect(screenshot?.startsWith("/9j/")).toBe(true);
    expect(screenshot?.length ?? 0).toBeLessThan(1_000_000);
    expect(text).toMatch(/browser_screenshot_[0-9a-f]{8}\.jpg/);
  });

  it("of a recording hold what happened, over page loads, and no secrets", async () => {
    const page = await site({
      "/": '<p>before</p><a href="/next">next</a>',
      "/next": "<title>Next</title><p>after, by hunter2-of-the-user</p>",
    });
    const { call, find, host } = await openConversation(browsers(), {
      secrets: { PASSWORD: "hunter2-of-the-user" },
    });
    expect((await call("stop_recording")).isError).toBe(true);
    await call("navigate", { url: page.url });
    expect((await call("start_recording")).text).toContain("Recording started");
    expect((await call("start_recording")).text).toContain("Already recording");
    await call("click", { index: await find("text", "next") });
    await expect.poll(async () => (await call("get_content")).text).toContain("after");
    const { text } = await call("stop_recording");
    const folder = /Saved to: (\S+)/.exec(text)?.[1] ?? "";
    expect(folder).toMatch(/\.agent_tmp\/browser_observations\/recording-\d{8}-\d{6}$/);
    const files = Number(/in (\d+) files?\./.exec(text)?.[1]);
    const parts = Array.from({ length: files }, (_, at) => read(host, `${folder}/${at + 1}.json`));
    const events = (await Promise.all(parts)).flatMap((part) => JSON.parse(part) as { type: number }[]);
    const recorded = JSON.stringify(events);
    // A full snapshot of each page.
    expect(events.filter(({ type }) => type === 2)).toHaveLength(2);
    expect(recorded).toContain("before");
    expect(recorded).not.toContain("hunter2");
  });
});
