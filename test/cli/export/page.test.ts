import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { createServer } from "agent-server";
import { expect, it } from "vitest";
import { temporaryDirectory } from "../../workspace/open-local.ts";
import { spawnCommand } from "../spawn-server.ts";

async function run(cwd: string, ...args: string[]) {
  const command = spawnCommand({ cwd, args: ["export", ...args] });
  const code = await new Promise((resolve) => command.process.once("close", resolve));
  return { code, stdout: command.stdout(), stderr: command.stderr() };
}

/** A data folder with one stored conversation. */
async function storedConversation(): Promise<{ folder: string; data: string; id: string }> {
  const folder = await temporaryDirectory();
  const data = join(folder, "conversations");
  const server = createServer({ apiKeys: ["key"], conversationsPath: data, logger: "silent" });
  const { info } = await server.conversations.create({
    agent: { kind: "Agent", llm: { model: "demo/tour" }, tools: [] },
    workspace: { working_dir: join(folder, "project") },
    initial_message: { role: "user", content: [{ type: "text", text: "Kept <words>" }], run: false },
  });
  await server.close();
  return { folder, data, id: info.id };
}

it("export --html writes one page for its owner alone, and none over another", async () => {
  const { folder, data, id } = await storedConversation();
  const to = join(folder, "pages");
  const name = `${id.replaceAll("-", "")}.html`;
  const first = await run(folder, id, "--html", "--data", data, "--to", to);
  expect(first).toEqual({ code: 0, stdout: `${join(to, name)}\n`, stderr: "" });
  expect(readdirSync(to)).toEqual([name]);
  expect(statSync(join(to, name)).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(to, name), "utf8")).toMatch(/Kept &lt;words&gt;.*<\/html>\n$/s);
  const second = await run(folder, id, "--html", "--data", data, "--to", to);
  expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining("exists already") });
});

it("export --html leaves nothing behind where there is no such conversation", async () => {
  const { folder, data } = await storedConversation();
  const to = join(folder, "pages");
  const failed = await run(folder, crypto.randomUUID(), "--html", "--data", data, "--to", to);
  expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining("agent-server: ") });
  expect(readdirSync(to)).toEqual([]);
});

it("export refuses --html together with --fixture", async () => {
  const refused = await run(await temporaryDirectory(), crypto.randomUUID(), "--html", "--fixture");
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("only one of them") });
});
