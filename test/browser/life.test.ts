import { execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, expect, it, onTestFinished } from "vitest";
import { NO_BROWSER, openConversation, site, testBrowsers } from "./test-browser.ts";

/** Process ids whose command line has the text. */
function processesWith(text: string, isWanted: (line: string) => boolean = () => true): number[] {
  const lines = execFileSync("ps", ["-eo", "pid,args"], { encoding: "utf8" }).split("\n");
  const wanted = lines.filter((line) => line.includes(text) && !line.includes("ps -eo") && isWanted(line));
  return wanted.map((line) => Number.parseInt(line, 10));
}

const profilesOf = (pid: number) =>
  readdirSync(tmpdir()).filter((name) => name.startsWith(`agent-server-browser-${pid}-`));

/** The browser itself: neither the shell around it nor one of its helpers. */
function browserOf(pid: number): number {
  const isBrowser = (line: string) => !line.includes("/bin/sh -c") && !line.includes("--type=");
  const [found] = processesWith(`--user-data-dir=${tmpdir()}/agent-server-browser-${pid}-`, isBrowser);
  if (found === undefined) throw new Error("There is no browser");
  return found;
}

describe.skipIf(NO_BROWSER)("the browser of a server", () => {
  it("is one for all conversations, and ends with its profile", async () => {
    const page = await site({ "/": "<title>Here</title>" });
    const browsers = testBrowsers();
    const one = await openConversation(browsers);
    const other = await openConversation(browsers);
    expect(profilesOf(process.pid)).toEqual([]);
    await Promise.all([one, other].map(({ call }) => call("navigate", { url: page.url })));
    expect(profilesOf(process.pid)).toHaveLength(1);
    await browsers.close();
    expect(profilesOf(process.pid)).toEqual([]);
    expect(processesWith(`agent-server-browser-${process.pid}-`)).toEqual([]);
    expect((await one.call("get_state")).text).toContain("closed");
  });

  it("that crashes is started again, and the next answer says what is lost", async () => {
    const page = await site({ "/": "<title>Here</title>" });
    const browsers = testBrowsers();
    onTestFinished(() => browsers.close());
    const { call } = await openConversation(browsers);
    await call("navigate", { url: page.url });
    process.kill(browserOf(process.pid), "SIGKILL");
    await expect.poll(() => profilesOf(process.pid), { timeout: 40_000 }).toEqual([]);
    expect((await call("navigate", { url: page.url })).text).toMatch(
      /\(Here\)[\s\S]*The browser had crashed/,
    );
    expect((await call("list_tabs")).text).not.toContain("crashed");
  });

  it("that cannot start says why, and the agent goes on", async () => {
    const browsers = testBrowsers({ program: "/bin/false" });
    onTestFinished(() => browsers.close());
    const { call } = await openConversation(browsers);
    expect(await call("navigate", { url: "http://localhost" })).toMatchObject({
      isError: true,
      text: expect.stringContaining("The browser did not start"),
    });
    expect(profilesOf(process.pid)).toEqual([]);
  });

  it("of a conversation is closed when it was not used for long, which the next answer says", async () => {
    const page = await site({ "/": "<title>Here</title>" });
    const browsers = testBrowsers({ idleLimit: 300 });
    onTestFinished(() => browsers.close());
    const { call } = await openConversation(browsers);
    await call("navigate", { url: page.url });
    await expect
      .poll(async () => {
        await new Promise((resolve) => setTimeout(resolve, 600));
        return (await call("list_tabs")).text;
      })
      .toMatch(/about:blank[\s\S]*without use/);
  });

  it("is left at once by an interrupted call, and usable by the next", async () => {
    const page = await site({
      "/": "<title>Here</title>",
      "/never": () => {},
    });
    const browsers = testBrowsers();
    onTestFinished(() => browsers.close());
    const { call } = await openConversation(browsers);
    await call("navigate", { url: page.url });
    const abort = new AbortController();
    const asked = call("navigate", { url: `${page.url}/never` }, abort.signal);
    setTimeout(() => abort.abort(), 200);
    await expect(asked).rejects.toThrow();
    expect((await call("navigate", { url: page.url, new_tab: true })).text).toContain("(Here)");
  }, 60_000);

  it("ends without a fault when its conversation ends in the middle of what a page is asked", async () => {
    const page = await site({ "/": "<title>Here</title>", "/never": () => {} });
    const browsers = testBrowsers();
    onTestFinished(() => browsers.close());
    const open = await Promise.all([1, 2, 3].map(() => openConversation(browsers)));
    await Promise.all(open.map(({ call }) => call("navigate", { url: page.url })));
    const abort = new AbortController();
    const asked = open.map(({ call }) => call("navigate", { url: `${page.url}/never` }, abort.signal));
    const settled = Promise.allSettled(asked);
    const waiting = () => page.requests.filter((path) => path === "/never").length;
    await expect.poll(waiting, { timeout: 40_000 }).toBe(3);
    abort.abort();
    await Promise.all(open.map(({ close }) => close()));
    await settled;
    const { call } = await openConversation(browsers);
    expect((await call("navigate", { url: page.url })).text).toContain("(Here)");
  });

  it("does not outlive a server that is killed", async () => {
    const script = `
      import { startBrowser } from ${JSON.stringify(new URL("./bare-browsers.ts", import.meta.url).href)};
      await startBrowser();
      process.stdout.write("open");
    `;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const pid = child.pid ?? 0;
    expect(profilesOf(pid)).toHaveLength(1);
    expect(processesWith(`agent-server-browser-${pid}-`)).not.toEqual([]);
    child.kill("SIGKILL");
    await expect.poll(() => processesWith(`agent-server-browser-${pid}-`), { timeout: 40_000 }).toEqual([]);
    expect(existsSync(`${tmpdir()}/${profilesOf(pid)[0]}`)).toBe(false);
  });
});
