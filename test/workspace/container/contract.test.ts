import { describe, test } from "vitest";
import { workspaceContract } from "../../../src/testing/workspace-contract.ts";
import { NO_CONTAINERS, openContainer } from "./open-container.ts";

describe.skipIf(NO_CONTAINERS)("containerWorkspace", () => {
  for (const { name, run } of workspaceContract(() => openContainer())) test(name, run);
});
