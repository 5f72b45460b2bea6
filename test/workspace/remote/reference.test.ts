import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { workspaceContract } from "agent-server/testing";
import { afterAll, beforeAll, describe, test } from "vitest";
import { type RunningServer, startReference } from "../../differential/servers.ts";
import { openRemote } from "./open-remote.ts";

const folder = process.env.AGENT_SERVER_REFERENCE ?? join(homedir(), ".cache/agent-server/reference-1.58.2");
const isInstalled = existsSync(join(folder, "installed"));
if (!isInstalled) process.stderr.write(`\n!!! SKIPPED: the reference is not installed in ${folder}\n\n`);

describe.runIf(isInstalled && process.platform === "linux")("remoteWorkspace on the reference", () => {
  let top: string;
  let reference: RunningServer;

  beforeAll(async () => {
    top = await mkdtemp(join(tmpdir(), "agent-server-test-"));
    await mkdir(join(top, "work"));
    reference = await startReference(join(folder, "bin/python"), join(top, "work"));
  }, 120_000);

  afterAll(async () => {
    await reference?.stop();
    await rm(top, { recursive: true, force: true });
  });

  for (const { name, run } of workspaceContract(() => openRemote(reference.url))) test(name, run, 60_000);
});
