import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, readlink, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call, type ScriptedLlmServer, say, startScriptedLlmServer } from "agent-server/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type SpawnedServer, spawnServer } from "../../cli/spawn-server.ts";

const MARK = "Subtask";
const COMMAND = "sleep 98765";
const PATIENCE = { timeout: 30_000 };

/** Workflows are Python. */
const NO_PYTHON = spawnSync("python3", ["--version"]).status !== 0;

interface Message {
  role: string;
  content: string | { text?: string }[] | null;
}

function textOf({ content }: Message): string {
  return typeof content === "string" ? content : (content ?? []).map(({ text = "" }) => text).join("");
}

/** A sub-agent that is busy until it is killed, and an agent that has it go on. */
function model(first: ReturnType<typeof call>): Promise<ScriptedLlmServer> {
  return startScriptedLlmServer(({ body }) => {
    const messages = (body.messages as Message[]).filter(({ role }) => role !== "system");
    const text = messages.map(textOf).join("\n");
    const isNew = messages.every(({ role }) => role !== "assistant");
    if (textOf(messages[0] as Message).startsWith(MARK))
      return isNew ? call("terminal", { command: COMMAND, timeout: 600 }) : say("It is done.");
    if (text.includes("It is done.")) return say("All is done.");
    const cut = /resume "(task_\d+)"|^- (task_\d+) /m.exec(text);
    const resume = cut?.[1] ?? cut?.[2];
    return resume === undefined ? first : call("task", { prompt: "Go on.", resume });
  });
}

let folder: string;
let project: string;
let server: SpawnedServer | undefined;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "agent-server-kill-")));
  project = join(folder, "project");
  await mkdir(project);
});
afterEach(async () => {
  await server?.stop("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

/** The commands of the processes that work in the project. */
async function processes(): Promise<string[]> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = ids.map(async (id) => {
    const cwd = await readlink(`/proc/${id}/cwd`).catch(() => "");
    return cwd.startsWith(project) ? readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "") : "";
  });
  return (await Promise.all(found))
    .filter((command) => command !== "")
    .map((one) => one.replaceAll("\0", " "));
}

async function api<T>(path: string, body?: object): Promise<T> {
  const response = await fetch(`${server?.url}/api/conversations${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  return (await response.json()) as T;
}

const message = (text: string) => ({ role: "user", content: [{ type: "text", text }], run: true });

interface Info {
  id: string;
  execution_status: string;
  agent_state: { sub_agents?: Record<string, string> };
}

/** Kills the server while a sub-agent is busy. The agent reads what became of it, and its sub-agent goes on. */
async function survive(first: ReturnType<typeof call>, tools: readonly string[]): Promise<void> {
  await using provider = await model(first);
  const start = () =>
    spawnServer({ cwd: folder, environment: { OH_SECRET_KEY: "a long text for this test" } });
  server = await start();
  const { id } = await api<Info>("", {
    agent: {
      llm: { model: "openai/scripted", base_url: provider.url, api_key: "none", stream: false },
      tools: tools.map((name) => ({ name })),
    },
    workspace: { working_dir: project },
  });
  await api(`/${id}/events`, message("Do it."));
  await expect.poll(async () => (await processes()).join("\n"), PATIENCE).toContain(COMMAND);

  await server.stop("SIGKILL");
  await expect.poll(processes, PATIENCE).toEqual([]);

  server = await start();
  await expect.poll(async () => (await api<Info>(`/${id}`)).execution_status, PATIENCE).toBe("error");
  await api(`/${id}/events`, message("Go on."));
  await expect.poll(async () => (await api<Info>(`/${id}`)).execution_status, PATIENCE).toBe("finished");
  const { sub_agents: subAgents = {} } = (await api<Info>(`/${id}`)).agent_state;
  expect(Object.keys(subAgents)).toEqual(["task_00000001"]);
  const busy = provider.requests.filter(({ body }) => JSON.stringify(body).includes(COMMAND));
  expect(busy.length).toBeGreaterThan(0);
  expect(await api(`/${id}/agent_final_response`)).toEqual({ response: "All is done." });
}

describe.runIf(process.platform === "linux")("kill -9 while a sub-agent works", { timeout: 120_000 }, () => {
  it("leaves no process of a task, and the agent resumes it after a restart", async () => {
    await survive(call("task", { prompt: `${MARK}: be busy` }), ["task_tool_set"]);
  });

  it.skipIf(NO_PYTHON)("leaves no process of a workflow, and the agent goes on with its tasks", async () => {
    const script = `async def main(wf):\n    return await wf.run_agent("${MARK}: be busy")\n`;
    await survive(call("workflow", { name: "busy", script }), ["task_tool_set", "workflow_tool_set"]);
  });
});
