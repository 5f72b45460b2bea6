import { describe, test } from "vitest";
import { workspaceContract } from "../../../src/testing/workspace-contract.ts";
import { MISSING, openSandbox } from "./open-sandbox.ts";

describe.skipIf(MISSING)("sandboxedWorkspace", () => {
  for (const { name, run } of workspaceContract(() => openSandbox())) test(name, run);
});
