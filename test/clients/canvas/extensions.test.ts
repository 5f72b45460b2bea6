import { createServer } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { isClusterWanted } from "../../cluster/harness/cluster.ts";
import { CAN_RUN, write, writeApp } from "../../routes/apps/app-sources.ts";
import { type Canvas, NO_BROWSER, openCanvas } from "./open-canvas.ts";

/** A back end with a page, which says whether its requests and its socket arrive, and what else it reaches. */
const PROGRAM = `
const http = require("node:http");
const { WebSocketServer } = require(${JSON.stringify(`${process.cwd()}/node_modules/ws`)});
const page = \`<p id="a">page</p><script>
const say = (text) => { const p = document.createElement("p"); p.textContent = text; document.body.append(p); };
fetch("hello", { method: "POST", body: "x" }).then((answer) => answer.text()).then(say);
const socket = new WebSocket(location.href.replace("http", "ws") + "live");
socket.onmessage = ({ data }) => say(data);
for (const path of ["/", "/server_info", "/api/settings"])
  fetch(path).then((answer) => say(path + " " + answer.status), () => say(path + " failed"));
</script>\`;
const server = http.createServer((request, answer) => {
  if (request.method === "POST") return answer.end("posted without a cookie: " + (request.headers.cookie === undefined));
  answer.writeHead(200, { "content-type": "text/html" }).end(page);
});
new WebSocketServer({ server }).on("connection", (socket) => socket.send("from the socket"));
server.listen(Number(process.argv[2]), "127.0.0.1");
`;

/** The script of the extension: a page that opens a session with its back end and shows it in a frame. */
const script = (apps: string) => `
export function activate(api) {
  api.registerPage("main", async ({ container }) => {
    container.textContent = "Notes of " + api.extension.name + " " + api.apiVersion;
    const answer = await fetch("${apps}/app-backends/notes/session", {
      method: "POST",
      credentials: "include",
      headers: { "X-Session-API-Key": window.__AGENT_CANVAS_SESSION_API_KEY__ },
    });
    const { ingress_url, iframe_sandbox } = await answer.json();
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", iframe_sandbox);
    frame.src = ingress_url;
    frame.title = "back end";
    container.append(frame);
  });
}`;

describe.skipIf(NO_BROWSER || !CAN_RUN)("the page of apps", { timeout: 90_000 }, () => {
  let canvas: Canvas;
  let apps: string;

  beforeAll(async () => {
    const port = await freePort();
    apps = `http://localhost:${port}`;
    canvas = await openCanvas({
      args: ["--port", String(port)],
      environment: { OH_APP_BACKEND_PUBLIC_URL: apps },
    });
    await canvas.user.onboard(canvas.bed.modelUrl);
  });
  afterAll(() => canvas?.[Symbol.asyncDispose]());
  afterEach(async ({ task }) => {
    // The pages of back ends are at an origin of their own, where they are refused what is not theirs.
    const expected = /localhost:|^403 GET \/(server_info|api\/settings|)$/;
    const faults = (await canvas.browser.faults()).filter((fault) => !expected.test(fault));
    expect([task.name, faults]).toEqual([task.name, []]);
  });

  it("installs an extension, disabled, and enables it", async () => {
    const source = await writeApp(canvas.bed.folder, "notes", { program: PROGRAM });
    write(source, "dist/index.js", script(apps));
    const { user, page } = canvas;
    await user.visit("/apps");
    await user.see("canvas-extensions-add-button").click();
    await user.see("add-canvas-extension-source-input").fill(source);
    await user.see("add-canvas-extension-submit").click();
    const card = user.see("canvas-extension-card-notes");
    await card.getByText("The notes").first().waitFor();
    expect((await ask("GET", "/installed")).canvas_extensions).toMatchObject([
      { name: "notes", enabled: false },
    ]);
    await card.locator("label, [role=switch], input[type=checkbox]").first().click();
    await page
      .getByTestId("confirm-button")
      .or(page.getByRole("button", { name: /enable|confirm/i }))
      .last()
      .click();
    await expect
      .poll(async () => (await ask("GET", "/installed")).canvas_extensions)
      .toMatchObject([{ enabled: true }]);
  });

  // The back end of an extension is of one server: a cluster needs a balancer that keeps browsers at theirs.
  it.skipIf(isClusterWanted())(
    "shows its page, and in it the page of its back end, which reaches nothing else",
    async () => {
      const { revision } = await ask("GET", "/installed/notes/backend");
      await ask("POST", "/installed/notes/backend/prepare", { revision });
      expect((await ask("POST", "/installed/notes/backend/start", { revision })).state).toBe("ready");
      await canvas.user.visit("/extensions/notes/notes");
      await canvas.page.getByText("Notes of notes 1").waitFor();
      const frame = canvas.page.frameLocator("iframe[title='back end']");
      await frame.getByText("posted without a cookie: true").waitFor();
      await frame.getByText("from the socket").waitFor();
      for (const path of ["/", "/server_info", "/api/settings"])
        await frame.getByText(`${path} 403`).first().waitFor();
    },
  );

  it("removes an extension", async () => {
    const { user, page } = canvas;
    await user.visit("/apps");
    await user.see("canvas-extension-uninstall-notes").click();
    await page
      .getByTestId("confirm-button")
      .or(page.getByRole("button", { name: /uninstall|confirm/i }))
      .last()
      .click();
    await expect.poll(async () => (await ask("GET", "/installed")).canvas_extensions).toEqual([]);
    await user.see("canvas-extension-card-notes").waitFor({ state: "hidden" });
  });

  async function ask(method: string, path: string, body?: object) {
    const answer = await fetch(`${canvas.bed.url}/api/canvas-extensions${path}`, {
      method,
      headers: { "X-Session-API-Key": canvas.bed.key, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    return (await answer.json()) as { canvas_extensions?: unknown; revision?: string; state?: string };
  }
});

function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => done(port));
    });
  });
}
