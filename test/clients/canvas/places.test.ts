import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryStore } from "agent-server";
import { describe, expect, it } from "vitest";
import { buildApp } from "../../../examples/15-web-app.ts";
import { startObedientModel } from "../obedient-model.ts";
import { openBrowser } from "./browser.ts";
import { CanvasUser } from "./canvas-user.ts";
import { installedPages } from "./installed-pages.ts";
import { NO_BROWSER, openCanvas } from "./open-canvas.ts";

const KEYLESS = { OH_SESSION_API_KEYS_0: "" };
/** What the app says until its user has given the key. */
const NO_KEY_YET = /No backend is configured/;

describe.skipIf(NO_BROWSER)("Agent Canvas", { timeout: 60_000 }, () => {
  it("answers a first message with nothing configured, by the demo model", async () => {
    await using canvas = await openCanvas({ environment: { ...KEYLESS, OH_SECRET_KEY: "" } });
    const { user, page } = canvas;
    await user.consent();
    await page.getByText("Skip for now").last().click();
    await user.see("home-chat-launcher").waitFor();
    await user.send("Have a look around, please");
    await user.reads("Welcome to the tour!");
    await page.getByText("That was the tour of").first().waitFor();
    await canvas.check("demo");
  });

  it("works with a server that has no key", async () => {
    await using canvas = await openCanvas({ environment: KEYLESS });
    await canvas.user.onboard(canvas.bed.modelUrl);
    await canvas.check("keyless");
  });

  it("asks for the key where the server is bound wider, and works with it", async () => {
    await using canvas = await openCanvas({ args: ["--host", "0.0.0.0"] });
    const { user, page, bed } = canvas;
    await page.locator("input[placeholder^=sk-]").first().fill(bed.key);
    await page.getByRole("button", { name: "Next" }).first().click();
    await user.onboard(bed.modelUrl);
    const faults = (await canvas.browser.faults()).filter((fault) => !NO_KEY_YET.test(fault));
    expect(faults).toEqual([]);
  });

  it("works below a path of another app, with its sockets", async () => {
    const folder = await mkdtemp(join(tmpdir(), "agent-server-canvas-"));
    await using model = await openModel();
    const app = buildApp({
      secretKey: "a secret",
      conversationsPath: folder,
      store: memoryStore(),
      logger: "silent",
      ui: { directory: await installedPages(), shareKey: "loopback" },
    });
    const http = app.listen(0, "127.0.0.1");
    await once(http, "listening");
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/agents`;
    await using browser = await openBrowser(url);
    const page = await browser.newcomer(`${url}/`);
    const user = new CanvasUser(page, url);
    await user.onboard(model.url);
    expect(page.url()).toMatch(`${url}/conversations/`);
    await user.send("And once more");
    await user.reads("You said: And once more");
    expect(await browser.faults()).toEqual([]);
    http.closeAllConnections();
    http.close();
    await rm(folder, { recursive: true, force: true });
  });
});

async function openModel() {
  const model = await startObedientModel();
  return { url: model.url, [Symbol.asyncDispose]: () => model.close() };
}
