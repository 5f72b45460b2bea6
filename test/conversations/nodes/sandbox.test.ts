import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, memoryStore, type Store, sandboxWorkspaces } from "agent-server";
import { call, calls, type Steps, say } from "agent-server/testing";
import { expect, it, onTestFinished, vi } from "vitest";
import { z } from "zod";
import { Adoption } from "../../../src/cluster/membership/adoption.ts";
import type { ConversationManager } from "../../../src/conversations/conversation-manager.ts";
import type { LlmRequest } from "../../../src/llm/llm.ts";
import { silentLogger } from "../../../src/logger.ts";
import { NodeSeat } from "../../../src/stores/nodes/node-seat.ts";
import { defineTool } from "../../../src/tools/define-tool.ts";
import { ToolRegistry } from "../../../src/tools/registry.ts";
import { terminalTool } from "../../../src/tools/terminal/terminal-tool.ts";
import { logOf, openManager, send, start, until } from "../open-manager.ts";

// A sandbox is a whole server, with programs that are started one after the other.
vi.setConfig({ testTimeout: 120_000 });

const KEY = "key-of-the-sandbox";
/** Seconds after which a command that was never let go gives up, so that none outlives its test by much. */
const PATIENCE = 60;

/** Runs a program for its call, and finds it again. */
const job = defineTool({
  name: "job",
  description: "Runs a script.",
  input: z.object({ script: z.string() }),
  async run({ script }, { workspace, actionId: callId, signal }) {
    return (await workspace.run(["sh", "-c", script], { callId, signal })).stdout;
  },
  async resume(_input, { workspace, actionId, signal }) {
    return (await workspace.handover?.run(actionId, { signal }))?.stdout;
  },
});

/** A sandbox that all servers of a test share, and a folder in it. */
async function openSandbox() {
  const folder = mkdtempSync(join(tmpdir(), "agent-server-sandbox-"));
  const server = createServer({
    apiKeys: [KEY],
    logger: "silent",
    store: memoryStore(),
    conversationsPath: join(folder, "conversations"),
    environment: { ...process.env, HOME: folder },
  });
  const { url } = await server.listen(0);
  onTestFinished(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const starts = join(folder, "starts");
  const go = join(folder, "go");
  return {
    url,
    folder,
    close: () => server.close(),
    /** Notes that it was started, and waits to be let go. */
    script: `echo start >> ${starts}; i=0; until [ -e ${go} ] || [ $i -gt ${PATIENCE * 10} ]; do sleep 0.1; i=$((i+1)); done; echo done`,
    starts: () => (existsSync(starts) ? readFileSync(starts, "utf8").split("\n").filter(Boolean).length : 0),
    letGo: () => writeFileSync(go, ""),
  };
}

type Sandbox = Awaited<ReturnType<typeof openSandbox>>;

function openStore(): Store {
  const store = memoryStore();
  onTestFinished(() => store.close());
  return store;
}

/** A server of a cluster with the placement sandbox. `join` lets it take over what others leave. */
function openNode(
  store: Store,
  { url }: Sandbox,
  steps: Steps<LlmRequest>,
  { tools = [job], drainWait }: { tools?: (typeof job)[]; drainWait?: number } = {},
) {
  const seat = new NodeSeat(store.ownership);
  const workspace = sandboxWorkspaces({ address: url, apiKey: KEY });
  const bench = openManager({
    ...{ store, seat, steps, drainWait },
    adopts: true,
    cutRuns: "continue",
    sharesMachines: true,
    openWorkspace: workspace,
    machines: workspace.machines?.serve({
      stateFolder: "/nowhere",
      existing: async () => new Set(),
      onError: () => {},
    }),
    tools: new ToolRegistry([terminalTool, ...tools]),
  });
  const adoption = new Adoption({ seat, conversations: bench.manager, logger: silentLogger });
  onTestFinished(async () => {
    await adoption.end();
    await bench.manager.close();
  });
  return { ...bench, seat, join: () => adoption.start() };
}

async function begin(manager: ConversationManager, { folder }: Sandbox): Promise<string> {
  const tools = [{ name: "terminal" }, { name: "job" }];
  const agent = { llm: { model: "scripted", api_key: "sk-model" }, tools };
  return start(manager, { agent, workspace: { working_dir: folder } });
}

/** Makes the node that holds a conversation die for the others, without a word to itself. */
async function buryUnnoticed(store: Store, id: string): Promise<void> {
  const owner = await store.ownership.ownerOf(id);
  await store.ownership.leave(owner?.node ?? 0);
}

const isFinished = async (manager: ConversationManager, id: string) =>
  (await manager.get(id)).execution_status === "finished";

const resultsIn = (log: Awaited<ReturnType<typeof logOf>>) =>
  log.filter(({ kind }) => kind === "ObservationEvent" || kind === "AgentErrorEvent");

const textOf = (result: unknown) => JSON.stringify(result);

it("a program that a server has begun goes on without it: the next one waits for it and has its result", async () => {
  const sandbox = await openSandbox();
  const store = openStore();
  const first = openNode(store, sandbox, [call("job", { script: sandbox.script }), say("Never said.")]);
  const id = await begin(first.manager, sandbox);
  await send(first.manager, id, "go");
  await until(() => sandbox.starts() === 1);
  const second = openNode(store, sandbox, [say("From the second.")]);
  await buryUnnoticed(store, id);
  second.join();
  await until(() => second.manager.liveCount === 1);
  sandbox.letGo();
  await until(() => isFinished(second.manager, id));
  const results = resultsIn(await logOf(second.manager, id));
  expect(results.map(({ kind }) => kind)).toEqual(["ObservationEvent"]);
  expect(textOf(results[0])).toContain("done");
  expect(sandbox.starts()).toBe(1);
  expect(await second.manager.agentFinalResponse(id)).toBe("From the second.");
});

it("a command in a shell goes on, too, and the shell keeps its variables", async () => {
  const sandbox = await openSandbox();
  const store = openStore();
  const first = openNode(store, sandbox, [
    call("terminal", { command: "KEPT=here; cd /" }),
    call("terminal", { command: sandbox.script, timeout: PATIENCE }),
    say("Never said."),
  ]);
  const id = await begin(first.manager, sandbox);
  await send(first.manager, id, "go");
  await until(() => sandbox.starts() === 1);
  const second = openNode(store, sandbox, [
    call("terminal", { command: "echo $KEPT in $PWD" }),
    say("From the second."),
  ]);
  await buryUnnoticed(store, id);
  second.join();
  await until(() => second.manager.liveCount === 1);
  sandbox.letGo();
  await until(() => isFinished(second.manager, id));
  const results = resultsIn(await logOf(second.manager, id));
  expect(results.map(({ kind }) => kind)).toEqual(results.map(() => "ObservationEvent"));
  expect(textOf(results[1])).toContain("done");
  expect(textOf(results[2])).toContain("here in /");
  expect(sandbox.starts()).toBe(1);
});

it("a result that came while no server was there is kept for the next one", async () => {
  const sandbox = await openSandbox();
  const store = openStore();
  const first = openNode(store, sandbox, [
    calls(["job", { script: sandbox.script }], ["terminal", { command: sandbox.script, timeout: PATIENCE }]),
  ]);
  const id = await begin(first.manager, sandbox);
  await send(first.manager, id, "go");
  await until(() => sandbox.starts() >= 1);
  await buryUnnoticed(store, id);
  // As with kill -9: the server sees nothing more of the sandbox, and the sandbox nothing of it.
  await (await first.manager.open(id)).useWorkspace(async ({ handover }) => handover?.leave());
  sandbox.letGo();
  const second = openNode(store, sandbox, [say("From the second.")]);
  second.join();
  await until(() => isFinished(second.manager, id));
  const log = await logOf(second.manager, id);
  const starts = sandbox.starts();
  // What had begun has its result; what had not is answered as cut short, and was never begun.
  const [done, cut] = [/done/, /cut short/].map((words) =>
    resultsIn(log).filter((result) => words.test(textOf(result))),
  );
  expect([done?.length, (done?.length ?? 0) + (cut?.length ?? 0)]).toEqual([starts, 2]);
});

it("a server that wakes up without its conversation is refused by the sandbox, and drops it", async () => {
  const sandbox = await openSandbox();
  const store = openStore();
  const first = openNode(store, sandbox, [say("Hello.")]);
  const id = await begin(first.manager, sandbox);
  await send(first.manager, id, "hello");
  await until(() => isFinished(first.manager, id));
  const stale = await first.manager.open(id);
  await stale.useWorkspace((workspace) => workspace.run(["true"]));
  await buryUnnoticed(store, id);
  const second = openNode(store, sandbox, [say("From the second.")]);
  const owned = await second.manager.open(id);
  await owned.useWorkspace((workspace) => workspace.run(["true"]));
  const mark = join(sandbox.folder, "mark");
  const refused = stale.useWorkspace((workspace) => workspace.run(["touch", mark]));
  await expect(refused).rejects.toMatchObject({ code: "ownership_lost" });
  await until(() => first.manager.liveCount === 0);
  expect(existsSync(mark)).toBe(false);
});

it("a call that the sandbox was never asked for is answered as cut short, and not begun", async () => {
  const sandbox = await openSandbox();
  const store = openStore();
  const begun = Promise.withResolvers<void>();
  const hanging: typeof job = {
    ...job,
    open: () => ({
      run: (_input, { signal }) =>
        new Promise((_resolve, reject) => {
          begun.resolve();
          signal.addEventListener("abort", () => reject(signal.reason));
        }),
    }),
  };
  const first = openNode(store, sandbox, [call("job", { script: sandbox.script })], { tools: [hanging] });
  const id = await begin(first.manager, sandbox);
  await send(first.manager, id, "go");
  await begun.promise;
  const second = openNode(store, sandbox, [say("From the second.")]);
  await buryUnnoticed(store, id);
  second.join();
  await until(() => isFinished(second.manager, id));
  expect(textOf(resultsIn(await logOf(second.manager, id)))).toMatch(/cut short/);
  expect(sandbox.starts()).toBe(0);
});

it("a server that ends hands a command over that does not end in time", async () => {
  const sandbox = await openSandbox();
  const store = openStore();
  const command = { command: sandbox.script, timeout: PATIENCE };
  const first = openNode(store, sandbox, [call("terminal", command)], { drainWait: 50 });
  const id = await begin(first.manager, sandbox);
  await send(first.manager, id, "go");
  await until(() => sandbox.starts() === 1);
  const second = openNode(store, sandbox, [say("From the second.")]);
  await first.manager.close();
  second.join();
  await until(() => second.manager.liveCount === 1);
  sandbox.letGo();
  await until(() => isFinished(second.manager, id));
  const results = resultsIn(await logOf(second.manager, id));
  expect(results.map(({ kind }) => kind)).toEqual(["ObservationEvent"]);
  expect(textOf(results[0])).toContain("done");
  expect(sandbox.starts()).toBe(1);
});

it("an interrupt ends a command that was taken over", async () => {
  const sandbox = await openSandbox();
  const store = openStore();
  const resumed = Promise.withResolvers<void>();
  const noted: typeof job = {
    ...job,
    async open(host) {
      const executor = await job.open(host);
      return {
        ...executor,
        resume(input, context) {
          resumed.resolve();
          return executor.resume?.(input, context) ?? Promise.resolve(undefined);
        },
      };
    },
  };
  const first = openNode(store, sandbox, [call("job", { script: sandbox.script })]);
  const id = await begin(first.manager, sandbox);
  await send(first.manager, id, "go");
  await until(() => sandbox.starts() === 1);
  const second = openNode(store, sandbox, [say("Never said.")], { tools: [noted] });
  await buryUnnoticed(store, id);
  second.join();
  await resumed.promise;
  const live = await second.manager.open(id);
  await live.interrupt();
  await until(async () => (await second.manager.get(id)).execution_status === "paused");
  const results = resultsIn(await logOf(second.manager, id));
  expect(textOf(results[0])).toContain("interrupted");
});

it("runtime_info says whether the sandbox is there", async () => {
  const sandbox = await openSandbox();
  const node = openNode(openStore(), sandbox, [say("Hello.")]);
  const id = await begin(node.manager, sandbox);
  const before = await node.manager.runtime(id);
  await sandbox.close();
  const gone = await node.manager.runtime(id);
  expect([before, gone]).toEqual([
    { runtime_status: "available", can_resume: true, runtime_error: null },
    { runtime_status: "missing", can_resume: true, runtime_error: null },
  ]);
  expect((await node.manager.get(id)).runtime_info).toEqual(gone);
});

it("a sandbox that is lost costs the call an error in words, and the run goes on", async () => {
  const sandbox = await openSandbox();
  const node = openNode(openStore(), sandbox, [
    call("job", { script: sandbox.script }),
    say("I cannot reach it."),
  ]);
  const id = await begin(node.manager, sandbox);
  const live = await node.manager.open(id);
  await live.useWorkspace((workspace) => workspace.run(["true"]));
  await sandbox.close();
  await send(node.manager, id, "go");
  await until(() => isFinished(node.manager, id));
  expect(textOf(resultsIn(await logOf(node.manager, id))[0])).toMatch(/remote machine at .* cannot be used/);
});
