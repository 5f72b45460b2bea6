import { AgentServerError } from "../../../errors.ts";
import type { Repair } from "../runs/cut-runs.ts";
import type { GoalNotes } from "./goal-notes.ts";

/** Interrupts the goals that no living server pursues, one after the other: reading their logs does that. */
export async function repairCutGoals(notes: GoalNotes, { isHeld, recover, failed }: Repair): Promise<void> {
  for (const id of await notes.begun()) {
    if (await isHeld(id)) continue;
    try {
      await recover(id).catch((error: unknown) => {
        // It was removed meanwhile.
        if (!AgentServerError.is(error) || error.code !== "not_found") throw error;
      });
      await notes.end(id);
    } catch (error) {
      failed(id, error);
    }
  }
}
