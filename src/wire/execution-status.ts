import { z } from "zod";

export const executionStatus = z
  .enum(["idle", "running", "paused", "waiting_for_confirmation", "finished", "error", "stuck", "deleting"])
  .meta({ id: "ConversationExecutionStatus" });

/** The state of a conversation's run. */
export type ExecutionStatus = z.output<typeof executionStatus>;
