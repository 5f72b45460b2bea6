import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer, type Llm, memoryStore, type ServerOptions } from "agent-server";
import { agentServer } from "agent-server/express";
import { call, createTestServer, say, scriptedLlm, type TestServer } from "agent-server/testing";
import express from "express";
import type { Page } from "playwright-core";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { parseArguments } from "../../src/cli/parse-arguments.ts";
import { NO_BROWSER, openPage } from "./watched-page.ts";

// A browser takes seconds to start, and on a busy machine many.
vi.setConfig({ testTimeout: 120_000 });

const KEY = "the-key";
const HOSTILE = `</pre></p><script>document.title = "run"</script><img src=x onerror="alert(1)"> \u202Eevil`;
/** Errors that a browser reports of answers that these tests provoke. */
const EXPECTED = /status of 401|WebSocket connection|ERR_CONNECTION_REFUSED|Failed to fetch/;

/** A server that scripts its model. The page's connections may outlast it, so that leaks are not looked for. */
async function openServer(options: Parameters<typeof createTestServer>[0] = {}): Promise<TestServer> {
  const server = await createTestServer({
    apiKeys: [KEY],
    inspector: true,
    tools: ["terminal"],
    leakCheck: false,
    ...options,
  });
  onTestFinished(() => server.close());
  return server;
}

async function signIn(page: Page, url: string, key = KEY): Promise<void> {
  await page.goto(`${url}/inspector`);
  await page.getByLabel("Session key of this server").fill(key);
  await page.getByRole("button", { name: "Open" }).click();
}

async function textsOf(page: Page): Promise<string[]> {
  return page.locator("#rows .row strong").allTextContents();
}

function serve(options: Partial<ServerOptions> = {}) {
  const server = createServer({ apiKeys: [KEY], store: memoryStore(), logger: "silent", ...options });
  onTestFinished(() => server.close());
  return (path: string) => server.fetch(new Request(`http://localhost:8000${path}`));
}

describe("the paths of the inspector", () => {
  it("are there only where it was asked for", async () => {
    expect((await serve()("/inspector")).status).toBe(404);
    expect((await serve({ inspector: true })("/inspector")).status).toBe(200);
    expect(parseArguments(["--inspector"])).toMatchObject({ inspector: true });
    expect(parseArguments([])).toMatchObject({ inspector: false });
    expect(() => serve({ inspector: "yes" as unknown as boolean })).toThrow(
      "inspector: must be true or false",
    );
  });

  it("show a page that holds no key, and is kept to this server and out of frames", async () => {
    const page = await serve({ inspector: true })("/inspector");
    expect(page.headers.get("content-security-policy")).toMatch(
      /default-src 'none'; script-src 'self'; .*frame-ancestors 'none'; require-trusted-types-for 'script'/,
    );
    expect(await page.text()).not.toMatch(/the-key|<script>|<style|style=| on\w+=|https?:/);
  });

  it("are those of its files, and no others", async () => {
    const get = serve({ inspector: true });
    const types = ["inspector.js", "inspector.css"].map(async (name) =>
      (await get(`/inspector/${name}`)).headers.get("content-type"),
    );
    expect(await Promise.all(types)).toEqual(["text/javascript; charset=utf-8", "text/css; charset=utf-8"]);
    for (const name of ["none.js", "..%2f..%2fpackage.json", "main.ts", "__proto__"]) {
      expect((await get(`/inspector/${name}`)).status).toBe(404);
    }
  });

  it("bring a script that names no other site, and stays small", async () => {
    const script = await (await serve({ inspector: true })("/inspector/inspector.js")).text();
    expect(script).not.toMatch(/https?:\/\/|innerHTML|eval\(/);
    expect(script.length).toBeLessThan(100_000);
  });
});

describe.skipIf(NO_BROWSER)("the inspector in a browser", () => {
  it("asks for the key, and keeps it for the tab alone", async () => {
    const server = await openServer();
    const { url } = await server.listen();
    const { page, faults } = await openPage();
    await signIn(page, url, "wrong");
    await page.getByText("The server answered 401").waitFor();
    await signIn(page, url);
    await page.getByText("There are none.").waitFor();
    await page.reload();
    await page.getByText("There are none.").waitFor();
    expect(await page.evaluate("[localStorage.length, document.cookie]")).toEqual([0, ""]);
    await page.getByRole("button", { name: "Forget the key" }).click();
    await page.getByLabel("Session key of this server").waitFor();
    expect(await page.evaluate("sessionStorage.length")).toBe(0);
    expect(faults.filter((fault) => !EXPECTED.test(fault))).toEqual([]);
  });

  it("shows a run while it happens, and asks no other server for anything", async () => {
    const reply = Promise.withResolvers<void>();
    const llm = scriptedLlm(async () => {
      await reply.promise;
      return say("It is done.");
    });
    const server = await openServer({ llm });
    const { url } = await server.listen();
    const { page, requests, faults } = await openPage();
    await signIn(page, url);
    const chat = await server.start("Please begin.");
    await page.getByText("running, waits for the model").waitFor();
    await page.getByRole("navigation").getByRole("button", { name: chat.id }).click();
    await page.locator("#facts", { hasText: "Waits forthe model" }).waitFor();
    expect(await textsOf(page)).toContain("User");
    reply.resolve();
    await page.locator("#rows", { hasText: "It is done." }).waitFor();
    await page.locator("#facts", { hasText: "Statusfinished" }).waitFor();
    await page.locator("#list", { hasText: "finished" }).waitFor();
    expect(await textsOf(page)).toEqual([
      expect.stringMatching(/^System/),
      "User",
      "running",
      "Agent",
      "finished",
    ]);
    const origin = new URL(url).host;
    expect(requests.filter((request) => !/^data:/.test(request) && new URL(request).host !== origin)).toEqual(
      [],
    );
    expect(requests.filter((request) => request.includes("/sockets/session/"))).toHaveLength(1);
    expect(faults.filter((fault) => !EXPECTED.test(fault))).toEqual([]);
  });

  it("shows a reply while it is written, and the event in its place", async () => {
    const reply = Promise.withResolvers<void>();
    const scripted = scriptedLlm([say("It is done.")]);
    const complete: Llm["complete"] = async (request) => {
      request.onDelta?.({ content: "I begin <b>now</b>. " });
      await reply.promise;
      return scripted.complete(request);
    };
    const server = await openServer({ llm: { ...scripted, complete } });
    const { url } = await server.listen();
    const { page } = await openPage();
    await signIn(page, url);
    const chat = await server.start(undefined, { agent: { llm: { model: "scripted", stream: true } } });
    await page.goto(`${url}/inspector#${chat.id}`);
    await page.getByText("Connected").waitFor();
    await chat.send("Go.");
    await page.locator("#writing", { hasText: "I begin <b>now</b>." }).waitFor();
    reply.resolve();
    await page.locator("#rows .row.agent", { hasText: "It is done." }).waitFor();
    await page.locator("#writing").waitFor({ state: "hidden" });
  });

  it("runs nothing of what stands in a conversation", async () => {
    const llm = scriptedLlm([
      call("terminal", { command: `echo '${HOSTILE}'`, [HOSTILE]: HOSTILE }),
      say(HOSTILE),
    ]);
    const server = await openServer({ llm });
    const { url } = await server.listen();
    const chat = await server.start(HOSTILE, { tags: { tag: HOSTILE } });
    await chat.expectFinished();
    const opened = await server.conversations.open(chat.id);
    await opened.update({ title: HOSTILE });
    const { page, requests, faults } = await openPage();
    await signIn(page, url);
    await page.getByRole("navigation").getByRole("button", { name: "alert(1)" }).click();
    await page.locator("#rows .row.agent").waitFor();
    expect(await page.locator(".row.user .words").textContent()).toBe(HOSTILE.replace("\u202E", "⟨U+202E⟩"));
    expect(await page.title()).toBe("Inspector");
    expect(await page.locator("#work script, #work img, #work iframe, #work [style]").count()).toBe(0);
    expect(requests.filter((request) => request.endsWith("/x"))).toEqual([]);
    expect(faults.filter((fault) => !EXPECTED.test(fault))).toEqual([]);
    const blocked = await page.evaluate(
      `(() => { try { document.body.innerHTML = "<b>x</b>"; return "parsed"; } catch (error) { return error.name; } })()`,
    );
    expect(blocked).toBe("TypeError");
  });

  it("answers a confirmation for the calls that it shows", async () => {
    const llm = scriptedLlm([
      call("terminal", { command: "echo first" }),
      call("terminal", { command: "echo second" }),
      say("Understood."),
    ]);
    const server = await openServer({ llm });
    const { url } = await server.listen();
    const { page } = await openPage();
    await signIn(page, url);
    const chat = await server.start("Go.", { confirmation_policy: { kind: "AlwaysConfirm" } });
    await page.goto(`${url}/inspector#${chat.id}`);
    await page.locator("#facts", { hasText: "Waits for" }).waitFor();
    await page.getByRole("button", { name: "Approve" }).click();
    await page.locator("#rows .row.call", { hasText: "echo first" }).filter({ hasText: "✓" }).waitFor();
    await page.locator("#rows .row.call.open", { hasText: "echo second" }).waitFor();
    await page.getByRole("button", { name: "Reject" }).click();
    await page.locator("#rows .row.call.bad", { hasText: "rejected by the user" }).waitFor();
    await page.getByRole("button", { name: "Run" }).waitFor();
  });

  it("works below the path of a host app, for users whom the host knows", async () => {
    const app = express();
    const authenticate = (request: Request) =>
      request.headers.get("cookie")?.includes("user=anna") ? { id: "anna" } : null;
    const options = { authenticate, basePath: "/agents", inspector: true, store: memoryStore() } as const;
    const server = createServer({ ...options, logger: "silent" });
    app.use("/agents", agentServer(server));
    const http = createHttpServer(app);
    await new Promise<void>((done) => http.listen(0, "127.0.0.1", done));
    onTestFinished(async () => {
      http.closeAllConnections();
      http.close();
      await server.close();
    });
    const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const { info } = await server.conversations.create(
      {
        agent: { kind: "Agent", llm: { model: "demo/tour" }, tools: [] },
        workspace: { working_dir: "/tmp/agent-server-inspected" },
        autotitle: false,
      },
      { createdBy: "anna" },
    );
    const opened = await server.conversations.open(info.id);
    await opened.sendMessage([{ type: "text", text: "Hello", cache_prompt: false }], { run: false });
    const { page, requests } = await openPage();
    await page.context().addCookies([{ name: "user", value: "anna", url: origin }]);
    await page.goto(`${origin}/agents/inspector`);
    await page.getByRole("button", { name: info.id }).click();
    await page.locator("#rows .row.user").waitFor();
    await page.getByText("idle, waits for a run").waitFor();
    const outside = requests.filter((request) => /^(http|ws)/.test(request) && !request.includes("/agents/"));
    expect(outside).toEqual([]);
  });

  it("goes on where it was when the server comes back", async () => {
    const store = memoryStore();
    const first = createServer({ apiKeys: [KEY], store, inspector: true, logger: "silent" });
    const { url } = await first.listen(0);
    const { info } = await first.conversations.create({
      agent: { kind: "Agent", llm: { model: "demo/tour" }, tools: [] },
      workspace: { working_dir: "/tmp/agent-server-inspected" },
    });
    const tell = async (server: typeof first, text: string) =>
      (await server.conversations.open(info.id)).sendMessage([{ type: "text", text, cache_prompt: false }], {
        run: false,
      });
    // The second server needs the store, which closes with the last one that shares it.
    const second = createServer({ apiKeys: [KEY], store, inspector: true, logger: "silent" });
    onTestFinished(() => second.close());
    const { page } = await openPage();
    await signIn(page, url);
    await page.goto(`${url}/inspector#${info.id}`);
    await page.getByText("Connected").waitFor();
    await tell(first, "one");
    await page.locator("#rows", { hasText: "one" }).waitFor();
    await first.close();
    await page.getByText(/Connecting again|Not connected/).waitFor();
    await tell(second, "two");
    await second.listen(Number(new URL(url).port));
    await page.locator("#rows", { hasText: "two" }).waitFor();
    await tell(second, "three");
    await page.locator("#rows", { hasText: "three" }).waitFor();
    expect(await page.locator("#rows .row.user .words").allTextContents()).toEqual(["one", "two", "three"]);
  });

  it("shows at most 2,000 rows, and older ones on request without a gap", async () => {
    const server = await openServer();
    const { url } = await server.listen();
    const chat = await server.start();
    const opened = await server.conversations.open(chat.id);
    const tell = (index: number) =>
      opened.sendMessage([{ type: "text", text: `m${index}`, cache_prompt: false }], { run: false });
    const { page } = await openPage();
    await signIn(page, url);
    await page.goto(`${url}/inspector#${chat.id}`);
    await page.getByText("Connected").waitFor();
    for (let index = 0; index < 2_030; index += 1) await tell(index);
    await page.locator("#rows", { hasText: "m2029" }).waitFor({ timeout: 90_000 });
    const words = () => page.locator("#rows .row .words").allTextContents();
    await expect.poll(async () => (await words()).length).toBe(2_000);
    expect((await words()).at(0)).toBe("m30");
    await page.getByRole("button", { name: "Older events" }).click();
    await expect.poll(async () => (await words()).at(0)).toBe("m0");
    const shown = await words();
    expect(shown).toEqual(Array.from(shown, (_, index) => `m${index}`));
    expect(await page.locator("#rows .row").count()).toBe(2_000);
    await page.getByRole("button", { name: "Back to the newest events" }).click();
    await expect.poll(async () => (await words()).at(-1)).toBe("m2029");
  });

  it("can be used with the keyboard, and names all that it has", async () => {
    const server = await openServer({ llm: scriptedLlm([say("Hello.")]) });
    const { url } = await server.listen();
    const chat = await server.start("Hi");
    await chat.expectFinished();
    const { page } = await openPage();
    await page.goto(`${url}/inspector`);
    await page.getByLabel("Session key of this server").waitFor();
    // The field has the focus.
    await page.keyboard.type(KEY);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: chat.id }).waitFor();
    await page.getByLabel("Status").focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("log", { name: "Timeline" }).getByText("Hello.").waitFor();
    await page.getByRole("group", { name: "Control of the run" }).waitFor();
    const unnamed = await page.evaluate(`[...document.querySelectorAll("button, input, select, summary")]
      .filter((each) => !each.hidden && !each.textContent.trim() && !each.labels?.length && !each.ariaLabel)
      .map((each) => each.outerHTML)`);
    expect(unnamed).toEqual([]);
    expect(await page.evaluate("document.documentElement.lang")).toBe("en");
  });
});
