import { sandboxedWorkspace } from "agent-server";
import { workspaceContract } from "agent-server/testing";
import { describe, test } from "vitest";
import { temporaryDirectory } from "../open-local.ts";
import { MISSING } from "../sandbox/open-sandbox.ts";
import { openRemote, otherServer } from "./open-remote.ts";

describe.runIf(process.platform === "linux")("remoteWorkspace on a server of ours", () => {
  const create = async () => openRemote((await otherServer()).url);
  for (const { name, run } of workspaceContract(create)) test(name, run, 60_000);
});

describe.skipIf(MISSING)("remoteWorkspace on a server of ours whose machine is a sandbox", () => {
  const create = async () => {
    const folder = await temporaryDirectory();
    const { url } = await otherServer(sandboxedWorkspace({ root: folder }));
    return openRemote(url, { folder });
  };
  // The rest is the same work of the same routes.
  const checks = workspaceContract(create).filter(({ name }) =>
    /process|signal|typed|input|bytes/.test(name),
  );
  for (const { name, run } of checks) test(name, run, 60_000);
});
