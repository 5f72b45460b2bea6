import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { everythingAt } from "../../mcp/official-server.ts";
import { type Canvas, NO_BROWSER, openCanvas } from "./open-canvas.ts";

describe.skipIf(NO_BROWSER)("the page of MCP servers", { timeout: 60_000 }, () => {
  let canvas: Canvas;
  let everything: Awaited<ReturnType<typeof everythingAt>>;

  beforeAll(async () => {
    everything = await everythingAt("sse");
    canvas = await openCanvas();
    await canvas.user.onboard(canvas.bed.modelUrl);
  });
  afterAll(async () => {
    await canvas?.[Symbol.asyncDispose]();
    await everything?.[Symbol.asyncDispose]();
  });
  afterEach(({ task }) => canvas.check(task.name));

  it("tests a server and adds it", async () => {
    await canvas.user.visit("/mcp");
    await canvas.user.see("mcp-add-custom-server").click();
    await canvas.user.see("url-input").fill(everything.url);
    await canvas.user.see("submit-button").click();
    await expect.poll(() => servers(canvas), { timeout: 30_000 }).toHaveLength(1);
  });

  it("gives its tools to the next conversation, which shows their results", async () => {
    await canvas.user.visit("/");
    await canvas.user.order(
      { say: "I ask.", calls: [["echo", { message: "is anyone there" }]] },
      { say: "It has told me." },
    );
    await canvas.user.reads("It has told me.");
    expect(await canvas.user.see("error-message-banner").count()).toBe(0);
  });
});

async function servers({ bed }: Canvas): Promise<string[]> {
  const response = await fetch(`${bed.url}/api/settings`, { headers: { "X-Session-API-Key": bed.key } });
  const { agent_settings: settings } = (await response.json()) as {
    agent_settings: { mcp_config: Record<string, unknown> };
  };
  return Object.keys(settings.mcp_config);
}
