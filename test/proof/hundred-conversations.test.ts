import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { call, createTestServer, say, scriptedLlm, type TestServer } from "agent-server/testing";
import { expect, it } from "vitest";

const WAVES = 5;
const WAVE = 20;
/** What may stay in the heap of each conversation that was deleted, in bytes: less than one event. */
const HEAP_PER_CONVERSATION = 4 * 1024;
/** Seconds that background jobs sleep: a number that marks them as ours. */
const MARK = String(1_000_000 + process.pid);

/** Writes more than an observation holds: the whole of it goes to a file of the conversation. */
const SPILLS = "seq 1 20000; echo done";

/** What the agents leave running when their conversation is deleted. */
const COMMANDS = [
  SPILLS,
  `sleep ${MARK} & echo started`,
  `(trap '' TERM HUP INT; sleep ${MARK}) & disown -a; echo started`,
  `setsid sleep ${MARK} & echo started`,
  `nohup bash -c 'sleep ${MARK} & sleep ${MARK}' > /dev/null 2>&1 & echo started`,
];

it("a hundred conversations with terminals, deleted, leave nothing behind", async () => {
  const collect = garbageCollector();
  const llm = scriptedLlm(
    ({ messages }) => {
      const [asked] = messages.find(({ role }) => role === "user")?.content ?? [];
      const isAnswered = messages.some(({ role }) => role === "tool");
      return isAnswered
        ? say("Done.")
        : call("terminal", { command: asked?.type === "text" ? asked.text : "" });
    },
    { record: false },
  );
  await using server = await createTestServer({ llm, tools: ["terminal"] });

  // The first wave brings what stays for good: compiled code, modules, pools of threads and of buffers.
  await wave(server);
  const before = await holdings(collect);
  for (let count = 1; count < WAVES; count += 1) await wave(server);
  const after = await holdings(collect);

  expect(after.processes).toEqual(before.processes);
  expect(after.descriptors).toEqual(before.descriptors);
  expect(await server.conversations.count()).toBe(0);
  expect((after.heap - before.heap) / (WAVE * (WAVES - 1))).toBeLessThan(HEAP_PER_CONVERSATION);
}, 180_000);

/** Twenty conversations at once, from the first message to their deletion. */
async function wave(server: TestServer): Promise<void> {
  const { conversations } = server;
  const deleted = Array.from({ length: WAVE }, async (_, index) => {
    const { info, conversation } = await conversations.create({
      autotitle: false,
      agent: { llm: { model: "scripted" }, tools: [{ name: "terminal" }] },
      workspace: { working_dir: join(server.workingDir, `p${index}`) },
    });
    await conversation.sendMessage(COMMANDS[index % COMMANDS.length] ?? "");
    let output = "";
    for await (const event of conversations.follow(info.id)) {
      if (event.kind === "ObservationEvent") output = JSON.stringify(event.observation.content);
      if (event.kind === "ConversationStateUpdateEvent" && event.value === "finished") break;
    }
    expect(output).toMatch(/done|started/);
    const files = join(server.options.conversationsPath, info.id.replaceAll("-", ""));
    if (index % COMMANDS.length === 0) expect(await readdir(files)).not.toEqual([]);
    await conversations.delete(info.id);
    await expect(readdir(files)).rejects.toThrow("ENOENT");
  });
  await Promise.all(deleted);
}

/** What this process holds. Everything is closed when `delete` resolves, but the system may take a moment. */
async function holdings(collect: () => void) {
  await expect.poll(processes, { timeout: 5_000 }).toEqual([]);
  collect();
  return {
    processes: await processes(),
    descriptors: (await readdir("/proc/self/fd")).length,
    heap: process.memoryUsage().heapUsed,
  };
}

/** Command lines of our children, and of everything with our mark whoever its parent is by now. */
async function processes(): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
      const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      const isOurs = parent === process.pid || command.includes(MARK);
      return isOurs && command !== "" ? [command.replaceAll("\0", " ")] : [];
    }),
  );
  return found.flat();
}

function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
