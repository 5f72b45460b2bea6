import { z } from "zod";

export const executionStatus = z
  .enum(["idle", "running", "paused", "waiting_for_confirmation", "finished", "error", "stuck", "deleting"])
  .meta({ id: "ConversationExecutionStatus" });

/** What a conversation is doing. */
export type ExecutionStatus = z.output<typeof executionStatus>;
