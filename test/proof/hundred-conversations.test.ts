import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { call, createTestServer, say, scriptedLlm, type TestServer } from "agent-server/testing";
import { expect, it } from "vitest";
import { liveObjects, retainedBytes } from "../heap.ts";

const WAVES = 5;
const WAVE = 20;

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

/** Does what it is asked to in the terminal, then ends. */
const obedientLlm = () =>
  scriptedLlm(
    ({ messages }) => {
      const [asked] = messages.find(({ role }) => role === "user")?.content ?? [];
      const isAnswered = messages.some(({ role }) => role === "tool");
      return isAnswered
        ? say("Done.")
        : call("terminal", { command: asked?.type === "text" ? asked.text : "" });
    },
    { record: false },
  );

it("a hundred conversations with terminals, deleted, leave no object, process, descriptor or file", async () => {
  await using server = await createTestServer({
    llm: obedientLlm(),
    tools: ["terminal"],
    maxConcurrentRuns: WAVE,
  });
  // The first wave brings what stays for good: modules, pools of threads and of buffers.
  await wave(server);
  const before = await holdings();
  for (let count = 0; count < WAVES; count += 1) await wave(server);
  const after = await holdings();

  expect(await server.conversations.count()).toBe(0);
  expect(after.processes).toEqual(before.processes);
  expect(after.descriptors).toEqual(before.descriptors);
  // A single object kept of each conversation would be a hundred.
  expect(after.objects - before.objects).toBeLessThan((WAVES * WAVE) / 2);
}, 240_000);

it("four hundred conversations, deleted, leave fewer bytes than one event of each", async () => {
  const llm = scriptedLlm(() => say("Done."), { record: false });
  await using server = await createTestServer({ llm, maxConcurrentRuns: 50 });
  const small = 50;
  const bytes: number[] = [];
  for (let count = 0; count < 9; count += 1) {
    await Promise.all(Array.from({ length: small }, () => converse(server, "Say done.")));
    bytes.push(await retainedBytes());
  }
  // Node compiles some more with every wave, and now and then much: the middle of all steps leaves that out.
  const steps = bytes.slice(1).map((value, index) => value - (bytes[index] ?? 0));
  const [median = 0] = steps.toSorted((a, b) => a - b).slice(steps.length / 2);
  expect(median / small).toBeLessThan(4 * 1024);
}, 120_000);

/**
 * Twenty conversations at once, from the first message to their deletion. Not checked by `expect`: it keeps its calls.
 */
async function wave(server: TestServer): Promise<void> {
  const deleted = Array.from({ length: WAVE }, async (_, index) => {
    const command = COMMANDS[index % COMMANDS.length] ?? "";
    await converse(server, command, async (output, files) => {
      assert.match(output, /done|started/);
      if (command === SPILLS) assert.notDeepEqual(await readdir(files), []);
    });
  });
  await Promise.all(deleted);
}

/** One conversation from its first message to its deletion. */
async function converse(
  { conversations, options, workingDir }: TestServer,
  message: string,
  check?: (output: string, files: string) => Promise<void>,
): Promise<void> {
  const { info, conversation } = await conversations.create({
    autotitle: false,
    agent: { llm: { model: "scripted" }, tools: [{ name: "terminal" }] },
    workspace: { working_dir: workingDir },
  });
  await conversation.sendMessage(message);
  let output = "";
  for await (const event of conversations.follow(info.id)) {
    if (event.kind === "ObservationEvent") output = JSON.stringify(event.observation.content);
    if (event.kind === "ConversationStateUpdateEvent" && event.value === "finished") break;
  }
  const files = join(options.conversationsPath, info.id.replaceAll("-", ""));
  await check?.(output, files);
  await conversations.delete(info.id);
  await assert.rejects(readdir(files), { code: "ENOENT" });
}

/** What this process holds. Everything is closed when `delete` resolves, but the system may take a moment. */
async function holdings() {
  await expect.poll(processes).toEqual([]);
  return {
    processes: await processes(),
    descriptors: (await readdir("/proc/self/fd")).length,
    objects: await liveObjects(),
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
