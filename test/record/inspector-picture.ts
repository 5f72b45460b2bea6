import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { findChromium } from "../../src/browser/chromium/find-chromium.ts";
import { spawnServer } from "../cli/spawn-server.ts";

const TOOLS = ["terminal", "file_editor", "task_tracker"].map((name) => ({ name }));
const PATIENCE = 120_000;

/** Takes a picture of the inspector, with conversations of the demo model: one finished, one that asks its user. */
export async function pictureOfInspector(path: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "agent-server-picture-"));
  const server = await spawnServer({ cwd: folder, args: ["--inspector"] });
  const program = findChromium({ program: null, environment: process.env });
  if (program === null) throw new Error("no Chromium for the picture of the inspector");
  const browser = await chromium.launch({ executablePath: program, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage({ viewport: { width: 1160, height: 760 } });
    page.setDefaultTimeout(PATIENCE);
    await page.goto(`${server.url}/inspector`);
    await start(server.url, "Tidy up the notes", { kind: "AlwaysConfirm" });
    const finished = await start(server.url, "Look around", { kind: "NeverConfirm" });
    await showFinished(page, `${server.url}/inspector#${finished}`);
    await page.screenshot({ path });
  } finally {
    await browser.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function start(url: string, title: string, confirmation_policy: object): Promise<string> {
  const body = {
    agent: { kind: "Agent", llm: { model: "demo/tour" }, tools: TOOLS },
    workspace: { working_dir: `workspace/${title.split(" ")[0]}` },
    initial_message: { content: [{ type: "text", text: `${title}, please.` }], run: true },
    confirmation_policy,
    autotitle: false,
  };
  const post = (path: string, value: object, method = "POST") =>
    fetch(`${url}/api/conversations${path}`, {
      method,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(value),
    });
  const { id } = (await (await post("", body)).json()) as { id: string };
  await post(`/${id}`, { title }, "PATCH");
  return id;
}

async function showFinished(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.locator("#facts", { hasText: "Statusfinished" }).waitFor();
  await page.locator("#list", { hasText: "waits for confirmation" }).waitFor();
  await page.locator("#list", { hasText: "Look around" }).waitFor();
  const diff = page.locator("summary", { hasText: "Diff of" }).first();
  await diff.click();
  await diff.evaluate("(element) => element.closest('.row').previousElementSibling.scrollIntoView()");
}
