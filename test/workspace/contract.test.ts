import { describe, test } from "vitest";
import { workspaceContract } from "../../src/testing/workspace-contract.ts";
import { openLocal } from "./open-local.ts";

describe("localWorkspace", () => {
  for (const { name, run } of workspaceContract(() => openLocal())) test(name, run);
});
