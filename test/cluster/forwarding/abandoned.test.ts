import { once } from "node:events";
import { mkdirSync, readdirSync, readlinkSync, truncateSync, writeFileSync } from "node:fs";
import { type ClientRequest, request } from "node:http";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { jsonOf, KEY, startCluster, type TestNode } from "./nodes.ts";

const MIB = 1024 * 1024;
const SIZE = 64 * MIB;
const BOUNDARY = "the-boundary-of-a-form";

/** A conversation in the memory of the first of two nodes, and its folder. */
async function heldByAnother() {
  const { nodes, start } = await startCluster();
  const [owner, other] = nodes;
  const id = await start(owner);
  await owner.post(`/api/conversations/${id}/pause`);
  const { workspace } = await jsonOf<{ workspace: { working_dir: string } }>(
    await owner.call(`/api/conversations/${id}`),
  );
  const folder = join(workspace.working_dir, "large");
  mkdirSync(folder, { recursive: true });
  return { owner, other, id, folder };
}

/** Begins a request whose connection the test can cut. */
function begin(node: TestNode, method: string, path: string, headers: Record<string, string> = {}) {
  const asked = request(node.address + path, {
    method,
    headers: { "x-session-api-key": KEY, ...headers },
    agent: false,
  });
  asked.on("error", () => undefined);
  return asked;
}

async function write(asked: ClientRequest, bytes: Uint8Array | string): Promise<void> {
  if (!asked.write(bytes)) await once(asked, "drain");
}

/** How many times this process has a file open. */
function openings(path: string): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false;
    }
  }).length;
}

describe("a client that leaves in the middle of what another node does for it", () => {
  it("leaves no part of the file that it was sending", async () => {
    const { owner, other, id, folder } = await heldByAnother();
    const path = join(folder, "large.bin");
    const asked = begin(
      other,
      "POST",
      `/api/conversations/${id}/file/upload?path=${encodeURIComponent(path)}`,
      { "content-type": `multipart/form-data; boundary=${BOUNDARY}`, "content-length": String(SIZE) },
    );
    await write(
      asked,
      `--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="large.bin"\r\n\r\n`,
    );
    for (let sent = 0; sent < 8; sent += 1) await write(asked, new Uint8Array(MIB));
    // The owner has begun to write.
    await expect.poll(() => readdirSync(folder).length).toBeGreaterThan(0);
    asked.destroy();
    await expect.poll(() => readdirSync(folder)).toEqual([]);
    expect((await other.post(`/api/conversations/${id}/pause`)).status).toBe(200);
    expect(owner.server.conversations.liveCount).toBe(1);
  }, 300_000);

  it.skipIf(process.platform !== "linux")("closes the file that was being sent to it", async () => {
    const { other, id, folder } = await heldByAnother();
    const path = join(folder, "large.bin");
    writeFileSync(path, "");
    truncateSync(path, SIZE);
    const asked = begin(other, "GET", `/api/conversations/${id}/workspace/large/large.bin`);
    asked.end();
    const [answer] = await once(asked, "response");
    await once(answer, "readable");
    expect([answer.statusCode, openings(path)]).toEqual([200, 1]);
    asked.destroy();
    await expect.poll(() => openings(path)).toBe(0);
  });
});

describe("an answer that is slow", () => {
  it("is waited for longer than a node that is looked for", async () => {
    const { other, id } = await heldByAnother();
    const command = { command: "sleep 7; echo slow" };
    const answer = await other.post(`/api/conversations/${id}/bash/execute_bash_command`, command);
    expect([answer.status, (await jsonOf(answer)).stdout]).toEqual([200, "slow\n"]);
  });
});
