import { describe, test } from "vitest";
import { workspaceContract } from "../../src/testing/workspace-contract.ts";
import { commandWorkspace } from "./command-workspace.ts";
import { openLocal } from "./open-local.ts";

describe("localWorkspace", () => {
  for (const { name, run } of workspaceContract(() => openLocal())) test(name, run);
});

describe.runIf(process.platform === "linux")("a workspace made of commands", () => {
  for (const { name, run } of workspaceContract(async () => commandWorkspace(await openLocal()))) {
    test(name, run);
  }
});
