import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call, crashPoints, say, scriptedLlm } from "agent-server/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { spawnServer } from "../cli/spawn-server.ts";
import { programs } from "../mcp/programs.ts";
import { smallServer } from "../mcp/small-server.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-server-mcp-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("a crash at any commit of a call of MCP leaves a conversation that goes on, and repeats no call", async () => {
  const steps = [
    call("write", { file: "effects", line: "once" }),
    call("echo", { text: "then" }),
    say("done"),
  ];
  const effects: string[] = [];
  const report = await crashPoints({
    setup: () => ({ llm: scriptedLlm(steps, { position: "prompt" }), patience: 20_000 }),
    conversation: { agent: { mcp_config: { small: smallServer() } } },
    messages: ["Go."],
    outcome: async ({ workingDir }) => {
      effects.push(await readFile(join(workingDir, "effects"), "utf8").catch(() => ""));
    },
  });
  expect(report.points).toBeGreaterThan(5);
  expect(effects.filter((lines) => lines !== "" && lines !== "once\n")).toEqual([]);
  expect(effects).toContain("once\n");
}, 180_000);

it("kill -9 of the server leaves no program of MCP behind, however much it clings", async () => {
  const server = await spawnServer({ cwd: folder });
  const post = (path: string, body: object) =>
    fetch(`${server.url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const created = await post("/api/conversations", {
    agent: { llm: { model: "demo/tour" }, mcp_config: { small: smallServer({ mode: "clingy" }) } },
    workspace: { working_dir: join(folder, "project") },
  });
  const { id } = (await created.json()) as { id: string };
  const content = [{ type: "text", text: "Hello" }];
  await post(`/api/conversations/${id}/events`, { role: "user", content, run: false });
  expect(programs("clingy").length).toBeGreaterThan(0);
  await server.stop("SIGKILL");
  await expect.poll(() => programs("clingy")).toEqual([]);
}, 60_000);
