import { sandboxedWorkspace } from "agent-server";
import { call, createTestServer, say, scriptedLlm } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { temporaryDirectory } from "../workspace/open-local.ts";
import { MISSING as NO_SANDBOX } from "../workspace/sandbox/open-sandbox.ts";
import { NO_BROWSER, site } from "./test-browser.ts";

const absent = { program: "/nowhere/chromium" };

it("an agent that names a browser which is not there works without it", async () => {
  const llm = scriptedLlm([say("Done.")]);
  await using server = await createTestServer({ llm, browser: absent, tools: ["browser_tool_set"] });
  const chat = await server.start("Hello");
  await chat.expectFinished(/Done/);
  expect(llm.requests[0]?.tools.map(({ name }) => name)).not.toContain("browser_navigate");
  expect(JSON.stringify(llm.requests[0]?.messages)).not.toContain("BROWSER_TOOLS");
});

it.each([
  ["there is none", absent, false],
  ["it is switched off", false, false],
  ["there is one", { program: process.execPath }, true],
] as const)("clients see whether agents can have a browser, such as when %s", async (_, browser, usable) => {
  await using server = await createTestServer({ browser });
  const get = async (path: string) => (await server.fetch(new Request(`http://localhost${path}`))).json();
  const { tools } = (await get("/api/tools/catalog")) as { tools: { name: string; usable: boolean }[] };
  expect(tools.find(({ name }) => name === "browser_tool_set")).toMatchObject({
    usable,
    in_default_set: true,
  } as object);
  expect(await get("/api/tools/")).toContain("browser_tool_set");
  const { usable_tools } = (await get("/server_info")) as { usable_tools: string[] };
  expect(usable_tools.includes("browser_tool_set")).toBe(usable);
});

it("an agent of settings has a browser by default where there is one, and none where there is none", async () => {
  for (const [browser, expected] of [
    [{ program: process.execPath }, ["terminal", "file_editor", "task_tracker", "browser_tool_set"]],
    [absent, ["terminal", "file_editor", "task_tracker"]],
  ] as const) {
    await using server = await createTestServer({ browser });
    const { info } = await server.conversations.create({
      agent_settings: { llm: { model: "m" } },
      workspace: { working_dir: server.workingDir },
    });
    expect(info.agent.tools?.map(({ name }) => name)).toEqual(expected);
  }
});

it("parameters that the browser does not take are refused by name", async () => {
  await using server = await createTestServer({ browser: { program: process.execPath } });
  const create = (params: Record<string, unknown>) =>
    server.conversations.create({
      agent: { llm: { model: "m" }, tools: [{ name: "browser_tool_set", params }] },
      workspace: { working_dir: server.workingDir },
    });
  await expect(create({ headless: false })).rejects.toMatchObject({
    detail: expect.stringContaining("headless"),
  });
  await expect(create({ inject_scripts: ["x"] })).rejects.toMatchObject({
    detail: expect.stringContaining("inject_scripts"),
  });
  await expect(create({ allowed_domains: ["a/b"] })).rejects.toMatchObject({
    detail: expect.stringContaining("params.allowed_domains.0"),
  });
  await create({ allowed_domains: ["*.example.com"], headless: true });
});

describe.skipIf(NO_BROWSER)("an agent with a browser", () => {
  // A browser takes seconds to start, and on a busy machine many.
  const browserOptions = { browser: {}, tools: ["browser_tool_set"], patience: 50_000 };

  it("is advised in its system prompt, and its model sees the page from the answer that has the picture on", async () => {
    const page = await site({ "/": "<title>Shop</title><h1>Nails</h1><button>Buy</button>" });
    const llm = scriptedLlm([
      call("browser_navigate", { url: page.url }),
      call("browser_get_state", { include_screenshot: true }),
      call("browser_get_content", {}),
      say("Done."),
    ]);
    await using server = await createTestServer({ llm, ...browserOptions });
    const chat = await server.start("What is for sale?");
    await chat.expectFinished(/Done/);
    const prompts = llm.requests.map(({ messages }) => JSON.stringify(messages));
    // The advice stands once, not once for each of the tools.
    expect(prompts.map((prompt) => prompt.split("<BROWSER_TOOLS>").length - 1)).toEqual([1, 1, 1, 1]);
    const pictures = prompts.map(
      (prompt) => prompt.match(/data:image\/(?:png|jpeg);base64,[^"]{100}/g)?.length ?? 0,
    );
    expect(pictures).toEqual([0, 0, 1, 1]);
    const last = llm.requests[3]?.messages ?? [];
    expect(textOf(last)).toContain("(Shop)");
    expect(textOf(last)).toMatch(/Screenshot saved to: .*\/observations\/browser_screenshot_\w+\.(png|jpg)/);
    expect(textOf(last)).toContain("# Nails");
  });

  it.skipIf(NO_SANDBOX)(
    "has no browser in a sandbox without a network, and is told why; in one with it, it has",
    async () => {
      const page = await site({ "/": "<title>Shop</title>" });
      const answers: string[] = [];
      for (const network of ["none", "host"] as const) {
        const llm = scriptedLlm([call("browser_navigate", { url: page.url }), say("Done.")]);
        const folder = await temporaryDirectory();
        const workspace = sandboxedWorkspace({ root: folder, network });
        await using server = await createTestServer({
          llm,
          ...browserOptions,
          workspace,
          workingDir: folder,
        });
        await (await server.start("What is for sale?")).expectFinished(/Done/);
        answers.push(textOf(llm.requests[1]?.messages ?? []));
      }
      expect(answers[0]).toContain("without a network");
      expect(answers[0]).not.toContain("(Shop)");
      expect(answers[1]).toContain("(Shop)");
      expect(page.requests.filter((path) => path === "/")).toHaveLength(1);
    },
  );
});

function textOf(messages: readonly unknown[]): string {
  return JSON.stringify(messages);
}
