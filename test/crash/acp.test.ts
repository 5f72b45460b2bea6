import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crashPoints, type TestConversation } from "agent-server/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ACP_AGENT, acpAgent } from "../acp/acp-bench.ts";
import { spawnServer } from "../cli/spawn-server.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-server-acp-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("a crash at any commit of a prompt leaves a conversation that goes on, and what was answered is not sent again", async () => {
  let passes = 0;
  const setup = async () => {
    passes += 1;
    return { patience: 60_000 };
  };
  const agent = acpAgent([`--sessions=${join(folder, "sessions")}`]);
  const report = await crashPoints({
    setup,
    conversation: { agent } as unknown as TestConversation,
    messages: ["tool t1 List\ndone t1 Listed\nsay first", "say second"],
    outcome: async (server) => {
      const [info] = (await server.conversations.search()).items;
      const { events } = await server.resume(info?.id ?? "");
      const answers = [...events].flatMap((event) =>
        event.kind === "ActionEvent" && event.tool_name === "finish" ? [event.action] : [],
      );
      return { answers, cards: [...events].filter(({ kind }) => kind === "ACPToolCallEvent").length % 2 };
    },
  });
  expect(report.points).toBeGreaterThan(8);
  expect(passes).toBeGreaterThan(report.points);
}, 600_000);

it("kill -9 of the server leaves no program behind, and the conversation goes on with its session", async () => {
  const cwd = await mkdtemp(join(folder, "killed-"));
  const server = await spawnServer({ cwd });
  const sessions = join(cwd, "sessions");
  const created = await post(server.url, "", {
    agent: {
      kind: "ACPAgent",
      acp_command: [process.execPath, ACP_AGENT, `--sessions=${sessions}`, "--stubborn"],
    },
    workspace: { working_dir: join(cwd, "project") },
    autotitle: false,
  });
  const { id } = (await created.json()) as { id: string };
  await say(server.url, id, "say one\nchild 98765");
  await expect.poll(() => statusOf(server.url, id), { timeout: 60_000 }).toBe("finished");
  await say(server.url, id, "hang");
  await expect
    .poll(async () => JSON.stringify(await readSessions(sessions)), { timeout: 60_000 })
    .toContain("hang");
  expect(programs(sessions)).not.toEqual([]);
  await server.stop("SIGKILL");
  await expect
    .poll(() => [...programs(sessions), ...programs("sleep 98765")], { timeout: 60_000 })
    .toEqual([]);
  const again = await spawnServer({ cwd });
  try {
    await expect.poll(() => statusOf(again.url, id), { timeout: 60_000 }).toBe("error");
    await say(again.url, id, "say two");
    await expect
      .poll(async () => Object.keys(await readSessions(sessions)), { timeout: 60_000 })
      .toHaveLength(1);
    // The prompt that was cut comes first: it has not been answered.
    await expect
      .poll(async () => (await readSessions(sessions))["session-1"], { timeout: 60_000 })
      .toEqual(["say one\nchild 98765", "hang", "hang"]);
  } finally {
    await again.stop("SIGKILL");
  }
}, 300_000);

function post(url: string, path: string, body: object): Promise<Response> {
  return fetch(`${url}/api/conversations${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

async function say(url: string, id: string, text: string): Promise<void> {
  await post(url, `/${id}/events`, { role: "user", content: [{ type: "text", text }], run: true });
}

async function statusOf(url: string, id: string): Promise<string> {
  const info = (await (await fetch(`${url}/api/conversations/${id}`)).json()) as { execution_status: string };
  return info.execution_status;
}

async function readSessions(file: string): Promise<Record<string, string[]>> {
  return JSON.parse(await readFile(file, "utf8").catch(() => "{}")) as Record<string, string[]>;
}

/** Command lines of running programs that hold these words. */
function programs(words: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      } catch {
        return "";
      }
    })
    .filter((line) => line.includes(words));
}
