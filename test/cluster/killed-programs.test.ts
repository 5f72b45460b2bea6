import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { acpAgent } from "../acp/acp-bench.ts";
import { send } from "../bench/conversation.ts";
import { ask } from "../bench/load/http-client.ts";
import { type Cluster, openCluster } from "./harness/cluster.ts";

let folder: string;
let cluster: Cluster;
beforeAll(async () => {
  // One folder: one machine.
  folder = await mkdtemp(join(tmpdir(), "agent-server-killed-"));
  cluster = await openCluster({ nodes: 2, cwd: folder });
}, 300_000);
afterAll(async () => {
  await cluster.close();
  await rm(folder, { recursive: true, force: true });
});

it("the run of an agent program of a server that was killed is an error at the others, and goes on there in its session", async () => {
  const [dead, left] = cluster.nodes;
  if (dead === undefined || left === undefined) throw new Error("there are not two nodes");
  const sessions = join(folder, "sessions");
  const { id } = await ask<{ id: string }>(`${dead.url}/api/conversations`, "POST", {
    agent: acpAgent([`--sessions=${sessions}`]),
    workspace: { working_dir: join(folder, "project") },
    autotitle: false,
  });
  await send(dead.url, id, "say one");
  await expect.poll(() => statusOf(left.url, id), { timeout: 60_000 }).toBe("finished");
  await send(dead.url, id, "hang");
  await expect.poll(() => promptsIn(sessions), { timeout: 60_000 }).toEqual([["say one", "hang"]]);
  await dead.server().stop("SIGKILL");
  await expect.poll(() => statusOf(left.url, id), { timeout: 60_000 }).toBe("error");
  await send(left.url, id, "say two");
  // The prompt that was cut comes first: it has not been answered.
  await expect
    .poll(() => promptsIn(sessions), { timeout: 60_000 })
    .toEqual([["say one", "hang", expect.stringContaining("hang")]]);
}, 300_000);

async function statusOf(url: string, id: string): Promise<string> {
  const { execution_status } = await ask<{ execution_status: string }>(`${url}/api/conversations/${id}`);
  return execution_status;
}

/** The prompts of each session of the program. */
async function promptsIn(file: string): Promise<string[][]> {
  return Object.values(
    JSON.parse(await readFile(file, "utf8").catch(() => "{}")) as Record<string, string[]>,
  );
}
