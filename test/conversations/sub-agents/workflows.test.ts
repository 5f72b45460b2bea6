import { readdir, readlink } from "node:fs/promises";
import { call, createTestServer, say } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { workflowTool } from "../../../src/tools/workflow/workflow-tool.ts";
import { readableText } from "../../../src/wire/events/message.ts";
import { localWorkspace } from "../../../src/workspace/local/local-workspace.ts";
import {
  type Answers,
  gathering,
  MARK,
  promptText,
  subAgentsOf,
  twoModels,
  untilStatus,
} from "./delegating.ts";

/** Answers with the task that the sub-agent was given. */
const echo: Answers = (_turn, request) => say(`<${promptText(request)}>`);

/** Runs a workflow, and gives the observation of its end. */
async function run(script: string, { child = echo, more = {} as object, args = {} as object } = {}) {
  const llm = twoModels(
    (turn) => (turn === 0 ? call("workflow", { name: "audit", script, ...args }) : say("Done.")),
    child,
  );
  const server = await createTestServer({ llm, tools: ["workflow_tool_set"], patience: 30_000 });
  const chat = await server.start("Go.", more);
  await chat.expectFinished("Done.");
  const event = chat.events.find(({ kind }) => kind === "ObservationEvent");
  const observation = event?.kind === "ObservationEvent" ? event.observation : undefined;
  const { content = [], ...rest } = observation ?? {};
  return { server, chat, llm, text: readableText(content as never), observation: rest };
}

async function textOf(script: string, options: Parameters<typeof run>[1] = {}): Promise<string> {
  const { server, text } = await run(script, options);
  await server.close();
  return text;
}

/** Fails the tasks that speak of something bad. */
const choosy: Answers = (_turn, request) =>
  /bad|worse/.test(promptText(request)) ? new Error(`failed ${promptText(request)}`) : echo(0, request);

describe("a workflow", { timeout: 60_000 }, () => {
  it("hands items to sub-agents and reduces their reports, which only the script sees", async () => {
    const { server, chat, llm, text, observation } = await run(`
async def main(wf):
    results = await wf.map_agents(
        items=["alpha", "beta"],
        subagent_type="code-explorer",
        max_concurrency=2,
        prompt=lambda item: f"${MARK}: inspect {item}",
        description=lambda item: f"job {item}",
    )
    return await wf.reduce_agent(items=results, prompt="${MARK}: sum up", description="final summary")
`);
    await using _ = server;
    expect(observation).toMatchObject({
      kind: "WorkflowObservation",
      name: "audit",
      status: "completed",
      is_error: false,
    });
    const input = `[\n  "<${MARK}: inspect alpha>",\n  "<${MARK}: inspect beta>"\n]`;
    expect(text).toBe(`<${MARK}: sum up\n\nInput:\n${input}>`);
    const own = llm.requests.filter((request) => !promptText(request).startsWith(MARK));
    expect(promptText(own.at(-1) ?? (own[0] as never))).toContain("sum up");
    const tasks = await subAgentsOf(server, chat.id);
    expect(Object.keys(tasks)).toEqual(["task_00000001", "task_00000002", "task_00000003"]);
    const infos = await server.conversations.batchGet(Object.values(tasks));
    expect(infos.map((info) => info?.title).sort()).toEqual(["final summary", "job alpha", "job beta"]);
    const { usage_to_metrics: figures = {} } = (await server.conversations.get(chat.id)).stats;
    expect(Object.keys(figures)).toEqual(
      expect.arrayContaining(Object.keys(tasks).map((id) => `task:${id}`)),
    );
  });

  it("fills items into a text: texts as they are, others as JSON", async () => {
    const script = `
async def main(wf):
    return await wf.map_agents(["one", {"a": [True, None]}, 3], "${MARK} {item}")
`;
    expect(await textOf(script)).toBe(`['<${MARK} one>', '<${MARK} {"a": [true, null]}>', '<${MARK} 3>']`);
  });

  it("may have functions of its own, and names of a small Python", async () => {
    const script = `
def double(value):
    return value * 2

async def main(wf):
    print("not shown")
    try:
        raise ValueError("caught")
    except ValueError as error:
        return [double(2), str(error), sorted({3, 1}), wf.flatten([[1, 2], 3, [4]]), len("ab")]
`;
    expect(await textOf(script)).toBe("[4, 'caught', [1, 3], [1, 2, 3, 4], 2]");
  });

  it("names every item that failed, once all have ended", async () => {
    const script = `
async def main(wf):
    return await wf.map_agents(items=["good", "bad", "worse"], prompt="${MARK} {item}")
`;
    const { server, text, observation } = await run(script, { child: choosy });
    await using _ = server;
    expect(observation).toMatchObject({ status: "error", is_error: true });
    expect(text).toBe(
      "map_agents: one or more sub-agents failed:\n" +
        `  [1] [item 2] failed ${MARK} bad\n  [2] [item 3] failed ${MARK} worse`,
    );
  });

  it("may catch failures, of one sub-agent and of several", async () => {
    const script = `
async def main(wf):
    caught = []
    try:
        await wf.run_agent("${MARK} bad")
    except RuntimeError as error:
        caught.append(str(error))
    try:
        await wf.map_agents(["bad", "worse"], "${MARK} {item}")
    except Exception as error:
        caught.append(str(error))
    return caught
`;
    expect(await textOf(script, { child: choosy })).toBe(
      `['failed ${MARK} bad', 'map_agents: one or more sub-agents failed (2 sub-exceptions)']`,
    );
  });

  it("takes each item through all stages by itself; one whose stage raises becomes None", async () => {
    const script = `
async def main(wf):
    async def draft(item):
        return await wf.run_agent(f"${MARK} {item}")
    def check(text):
        if "two" in text:
            raise ValueError("no")
        return text.upper()
    return await wf.pipeline(["one", "two", "three"], draft, check)
`;
    expect(await textOf(script)).toBe(
      `['<${MARK.toUpperCase()} ONE>', None, '<${MARK.toUpperCase()} THREE>']`,
    );
  });

  it("keeps to its number of sub-agents at once, whatever its maps say", async () => {
    let busy = 0;
    let most = 0;
    const gathered = gathering(3);
    const child: Answers = async () => {
      busy += 1;
      most = Math.max(most, busy);
      await gathered();
      await new Promise((done) => setTimeout(done, 30));
      busy -= 1;
      return say("ok");
    };
    const script = `
async def main(wf):
    async def one(item):
        return await wf.map_agents([item, item], "${MARK} {item}", max_concurrency=1000)
    return len(wf.flatten(await wf.pipeline(list(range(5)), one)))
`;
    expect(await textOf(script, { child, args: { max_concurrency: 3 } })).toBe("10");
    expect(most).toBe(3);
  });

  it("cuts the input of a reduction at whole elements", async () => {
    const script = `
async def main(wf):
    return await wf.reduce_agent(["x" * 1000] * 30, "${MARK}")
`;
    const text = await textOf(script);
    expect(text.length).toBeLessThan(12_200);
    expect(text).toMatch(/\]\n\.\.\. \[\d+ of 30 items left out: the input of a reduction is limited\]>$/);
  });

  it("reads which sub-agents there are when it names one that there is not", async () => {
    const script = `
async def main(wf):
    return await wf.run_agent("${MARK}", subagent_type="nobody")
`;
    expect(await textOf(script)).toContain("Available: bash-runner, code-explorer, general-purpose");
  });

  it("is held to the tools of its agent where that is asked for", async () => {
    const script = `
async def main(wf):
    return await wf.run_agent("${MARK}")
`;
    const tools = [{ name: "workflow_tool_set", params: { sub_agent_scope: { tools: true } } }];
    expect(await textOf(script, { more: { agent: { tools } } })).toContain("which this agent does not have");
  });
});

describe("a workflow script is refused before it runs, when it", { timeout: 60_000 }, () => {
  it.each([
    ["has no async main", "def main(wf):\n    return 1", "exactly one async main(wf)"],
    ["has another signature", "async def main(wf, more=1):\n    return 1", "async def main(wf):"],
    ["is no Python", "async def main(wf:\n", "not valid Python"],
    ["imports", "import os\nasync def main(wf):\n    return 1", "may not import modules"],
    ["opens files", "async def main(wf):\n    return open('/etc/passwd').read()", "may not call `open`"],
    [
      "reads attributes by name",
      "async def main(wf):\n    return getattr(wf, 'x')",
      "may not call `getattr`",
    ],
    ["uses private attributes", "async def main(wf):\n    return wf._shared", "private wf attributes"],
    ["closes", "async def main(wf):\n    wf.close()", "wf.close()"],
    ["uses dunder attributes", "async def main(wf):\n    return ().__class__", "dunder attributes"],
    ["uses dunder names", "async def main(wf):\n    return __builtins__", "dunder names"],
    ["uses modules", "async def main(wf):\n    return os.system('id')", "unsafe modules"],
    ["is too long", `async def main(wf):\n    return "${"x".repeat(20_000)}"`, "too long"],
  ])("%s", async (_what, script, reason) => {
    const { server, text, observation } = await run(script);
    await using _ = server;
    expect(text).toContain(reason);
    expect(observation).toMatchObject({ status: "error", is_error: true });
  });
});

describe("the program of a workflow", { timeout: 60_000 }, () => {
  async function start(script: string, seconds?: number) {
    const tool = workflowTool(seconds === undefined ? {} : { seconds });
    const named = { ...tool, name: "quick_workflow" };
    const llm = twoModels(
      (turn) => (turn === 0 ? call("quick_workflow", { name: "w", script }) : say("Done.")),
      () => call("terminal", { command: "sleep 60" }),
    );
    const server = await createTestServer({ llm, tools: [named, "workflow_tool_set"], patience: 30_000 });
    return { server, chat: await server.start("Go.") };
  }

  it.each([
    ["for a sub-agent", `await wf.run_agent('${MARK}')`],
    ["for nothing", "while True: pass"],
  ])("ends at its deadline when the script waits %s", async (_what, line) => {
    const { server, chat } = await start(`async def main(wf):\n    ${line}\n`, 1);
    await using _ = server;
    await chat.expectToolError("quick_workflow", "did not end within 1 seconds");
    await chat.expectFinished();
  });

  it("ends with an interrupt, and its sub-agents with it", async () => {
    const { server, chat } = await start(`async def main(wf):\n    await wf.run_agent('${MARK}')\n`);
    await using _ = server;
    await expect.poll(async () => Object.keys(await subAgentsOf(server, chat.id))).toHaveLength(1);
    const [id = ""] = Object.values(await subAgentsOf(server, chat.id));
    await untilStatus(server, id, "running");
    await (await server.conversations.open(chat.id)).interrupt();
    await chat.expectStatus("paused");
    await untilStatus(server, id, "paused");
  });

  it.runIf(process.platform === "linux")(
    "ends with its conversation, and its sub-agents with it",
    async () => {
      const { server, chat } = await start(`async def main(wf):\n    await wf.run_agent('${MARK}')\n`);
      await using _ = server;
      const programs = async () => {
        const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
        const folders = await Promise.all(ids.map((id) => readlink(`/proc/${id}/cwd`).catch(() => "")));
        return folders.filter((folder) => folder === server.workingDir).length;
      };
      await expect.poll(async () => Object.keys(await subAgentsOf(server, chat.id))).toHaveLength(1);
      // The script, and the shell of the sub-agent with what it runs.
      await expect.poll(programs).toBeGreaterThan(1);
      await server.conversations.delete(chat.id);
      await expect.poll(programs).toBe(0);
      expect(await server.store.conversations.count({ agentOf: chat.id })).toBe(0);
    },
  );

  it("that dies costs the call alone", async () => {
    const { server, chat } = await start("async def main(wf):\n    return [0] * 10 ** 12\n");
    await using _ = server;
    await chat.expectToolError("quick_workflow");
    await chat.expectFinished();
  });
});

describe("a machine without Python", () => {
  it("has no workflows: the agent goes without the tool, and the log says why", async () => {
    const warnings: unknown[] = [];
    const machine = localWorkspace({ environment: { PATH: "/nowhere" } });
    await using server = await createTestServer({
      llm: twoModels(() => say("Done."), echo),
      tools: ["workflow_tool_set", "terminal"],
      workspace: machine,
      logger: { debug() {}, info() {}, error() {}, warn: (fields: object) => void warnings.push(fields) },
    });
    const chat = await server.start("Go.");
    await chat.expectFinished();
    const prompt = chat.events.find(({ kind }) => kind === "SystemPromptEvent");
    const tools = prompt?.kind === "SystemPromptEvent" ? prompt.tools.map(({ title }) => title) : [];
    expect(tools).not.toContain("workflow");
    expect(warnings).toContainEqual({ tool: "workflow", reason: expect.stringContaining("no Python") });
  });
});
