import { afterAll, beforeAll, expect, it } from "vitest";
import type { BashEvent } from "../../src/wire/machine/bash.ts";
import { ask } from "../bench/load/http-client.ts";
import { type Cluster, openCluster } from "./harness/cluster.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await openCluster({ nodes: 2 });
}, 300_000);
afterAll(() => cluster.close());

it("the bash commands of a server that was killed are ended once by one of those that are left", async () => {
  const [dead, left] = cluster.nodes;
  if (dead === undefined || left === undefined) throw new Error("there are not two nodes");
  const commands = await Promise.all([1, 2, 3].map(() => startCommand(dead.url)));
  const other = await startCommand(left.url);
  await dead.server().stop("SIGKILL");
  for (const { id } of commands) {
    await expect
      .poll(() => outputsOf(left.url, id), { interval: 100 })
      .toMatchObject([
        { command_id: id, order: 0, exit_code: -1, stderr: expect.stringContaining("has ended") },
      ]);
  }
  // The server that is back asks as well, and finds nothing left to end.
  await dead.start();
  for (const { id } of commands) expect(await outputsOf(dead.url, id)).toHaveLength(1);
  expect(await outputsOf(dead.url, other.id)).toEqual([]);
  await ask(`${dead.url}/api/bash/bash_commands/${other.id}/stop`, "POST", {});
  await expect.poll(() => outputsOf(dead.url, other.id), { interval: 100 }).toHaveLength(1);
}, 300_000);

/** A command that goes on until the test is over, also after the death of its server. */
function startCommand(url: string): Promise<{ id: string }> {
  const command = `while [ -d '${cluster.folder}' ]; do sleep 0.2; done`;
  return ask(`${url}/api/bash/start_bash_command`, "POST", { command });
}

async function outputsOf(url: string, id: string): Promise<BashEvent[]> {
  const { items } = await ask<{ items: BashEvent[] }>(
    `${url}/api/bash/bash_events/search?command_id__eq=${id}&kind__eq=BashOutput`,
  );
  return items;
}
