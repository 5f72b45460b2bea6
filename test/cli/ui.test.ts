import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { uiOptions } from "../../src/cli/serve.ts";
import { buildPages } from "../ui/built-pages.ts";
import { spawnCommand, spawnServer } from "./spawn-server.ts";

const BROWSER = { accept: "text/html" };

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "agent-server-ui-"));
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

async function run(args: string[], environment: Record<string, string>) {
  const command = spawnCommand({ cwd, args, environment });
  const code = await new Promise<number | null>((done) => command.process.once("exit", done));
  return { code, output: command.stdout() + command.stderr() };
}

describe("agent-server --ui", () => {
  it("prints where Agent Canvas is, and serves it", async () => {
    await using pages = await buildPages();
    const server = await spawnServer({ cwd, args: ["--ui-dir", pages.directory] });
    await expect.poll(server.stdout).toContain(`Agent Canvas   ${server.url}/`);
    expect(await (await fetch(server.url, { headers: BROWSER })).text()).toContain(
      'SESSION_API_KEY__":"local"',
    );
    await server.stop();
  });

  it("hands its key to browsers while only this machine can reach it", async () => {
    await using pages = await buildPages();
    const environment = { OH_SESSION_API_KEYS_0: "the-key" };
    const args = ["--ui-dir", pages.directory, "--host"];
    const page = async (host: string) => {
      const server = await spawnServer({ cwd, args: [...args, host], environment });
      const url = server.url.replace("0.0.0.0", "127.0.0.1");
      const text = await (await fetch(url, { headers: BROWSER })).text();
      await server.stop();
      return text;
    };
    expect(await page("127.0.0.1")).toContain("the-key");
    const wider = await page("0.0.0.0");
    expect(wider).toContain("AUTH_REQUIRED");
    expect(wider).not.toContain("the-key");
  });

  it("hands no key to browsers while a sandbox has a network", () => {
    const ui = { directory: undefined, open: false };
    const shared = (network: string) => uiOptions(ui, { host: "127.0.0.1", network }).shareKey;
    expect([shared("none"), shared("host"), shared("slirp4netns")]).toEqual([
      "loopback",
      undefined,
      undefined,
    ]);
  });

  it("names the command that installs the pages where there are none", async () => {
    const { code, output } = await run(["--ui", "--port", "0"], { XDG_DATA_HOME: cwd });
    expect(code).toBe(1);
    expect(output).toContain("@openhands/agent-canvas is not installed. Run `npx agent-server ui install`");
  });
});

describe("agent-server ui install", () => {
  /** A stand-in for npm: packs a folder of the test, and notes down its arguments. */
  async function npmThatPacks(folder: string): Promise<string> {
    const bin = join(cwd, "bin");
    await mkdir(bin);
    const script = `#!/bin/sh
echo "$@" > "${cwd}/asked"
cd "${folder}" && tar czf "$4/openhands-agent-canvas.tgz" package
`;
    await writeFile(join(bin, "npm"), script);
    await chmod(join(bin, "npm"), 0o755);
    return [bin, process.env.PATH].join(delimiter);
  }

  it("unpacks the built pages and nothing else, for --ui to find", async () => {
    await using pages = await buildPages({
      "package/build/index.html": "<head></head>",
      "package/LICENSE": "MIT",
      "package/bin/start.js": "",
    });
    const environment = { XDG_DATA_HOME: join(cwd, "data"), PATH: await npmThatPacks(pages.directory) };
    expect(await run(["ui", "install"], environment)).toMatchObject({ code: 0 });
    expect(await readFile(join(cwd, "asked"), "utf8")).toMatch(/^pack @openhands\/agent-canvas@1\.20\.0 /);
    const installed = join(cwd, "data/agent-server/agent-canvas");
    expect(await readFile(join(installed, "LICENSE"), "utf8")).toBe("MIT");
    await expect(readFile(join(installed, "bin/start.js"))).rejects.toThrow("ENOENT");

    const server = await spawnServer({ cwd, args: ["--ui"], environment });
    expect((await fetch(server.url, { headers: BROWSER })).headers.get("content-type")).toContain(
      "text/html",
    );
    await server.stop();
  });

  it("keeps the installed pages when a package has none", async () => {
    const installed = join(cwd, "data/agent-server/agent-canvas/build");
    await mkdir(installed, { recursive: true });
    await writeFile(join(installed, "index.html"), "old");
    await using pages = await buildPages({ "package/build/other.html": "", "package/LICENSE": "MIT" });
    const environment = { XDG_DATA_HOME: join(cwd, "data"), PATH: await npmThatPacks(pages.directory) };
    const { code, output } = await run(["ui", "install"], environment);
    expect([code, output]).toEqual([1, expect.stringContaining("has no built pages in this version")]);
    expect(await readFile(join(installed, "index.html"), "utf8")).toBe("old");
  });

  it.each([["latest; rm -rf /"], ["--help-me"], ["^1.20.0"]])("refuses %j as a version", async (version) => {
    const { code, output } = await run(["ui", "install", "--", version], {});
    expect([code, output]).toEqual([
      2,
      expect.stringContaining("ui install: expected a version such as 1.20.0"),
    ]);
  });
});
