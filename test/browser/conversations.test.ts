import { createTestServer, say, scriptedLlm } from "agent-server/testing";
import { expect, it } from "vitest";

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
