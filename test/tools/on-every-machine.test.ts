import { describe, it } from "vitest";
import type { Workspace } from "../../src/workspace/workspace.ts";
import { openLocal } from "../workspace/open-local.ts";
import { openRemote, otherServer } from "../workspace/remote/open-remote.ts";
import { MISSING, openSandbox } from "../workspace/sandbox/open-sandbox.ts";
import { work } from "./file-work.ts";

describe("file tools", () => {
  it("read, change and find the files of this machine", { timeout: 60_000 }, async () => {
    await work(await openLocal());
  });

  it("do so on this machine without ripgrep", { timeout: 60_000 }, async () => {
    await work(await openLocal({ environment: { PATH: "/nowhere" } }));
  });

  it.skipIf(MISSING !== undefined)("do so in a sandbox", { timeout: 60_000 }, async () => {
    await work(await openSandbox());
  });

  it("do so on another server", { timeout: 60_000 }, async () => {
    await work(await remote());
  });
});

async function remote(): Promise<Workspace> {
  return openRemote((await otherServer()).url);
}
