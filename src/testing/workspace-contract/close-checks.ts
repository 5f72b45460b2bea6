import assert from "node:assert/strict";
import { assertFails, BEATING, untilBeating, type WorkspaceCheck } from "./check.ts";

export const CLOSE_CHECKS: Record<string, WorkspaceCheck> = {
  "ends running programs when it is closed, and starts none after": async (workspace) => {
    const running = workspace.run(["sh", "-c", BEATING]);
    await untilBeating(workspace);
    await workspace.close();
    assert.equal((await running).outcome, "aborted");
    await assertFails(workspace.run(["true"]), "closed");
    await assertFails(workspace.terminal({ onText: () => {} }), "closed");
    await workspace.close();
  },
};
