import { z } from "zod";
import { nullable } from "../../nullable.ts";
import { actionOf, observationOf } from "./of-kind.ts";

/** Calls that give work to other agents. */
export function delegationActions() {
  return [
    actionOf("TaskAction", {
      description: nullable(z.string()),
      prompt: z.string(),
      subagent_type: z.string().default("general-purpose"),
      resume: nullable(z.string()),
    }),
    actionOf("DelegateAction", {
      command: z.enum(["spawn", "delegate"]),
      ids: nullable(z.array(z.string())),
      agent_types: nullable(z.array(z.string())),
      tasks: nullable(z.record(z.string(), z.string())),
    }),
    actionOf("WorkflowAction", {
      name: z.string(),
      script: z.string(),
      max_concurrency: z.int().min(1).max(64).default(8),
    }),
    actionOf("StartChildConversationAction", {
      task: z.string(),
      title: nullable(z.string()),
      isolation: z.enum(["worktree", "shared"]).default("worktree"),
    }),
  ] as const;
}

/** Results of work that other agents did. */
export function delegationObservations() {
  return [
    observationOf("TaskObservation", { task_id: z.string(), subagent: z.string(), status: z.string() }),
    observationOf("DelegateObservation", { command: z.enum(["spawn", "delegate"]) }),
    observationOf("WorkflowObservation", { name: z.string(), status: z.enum(["completed", "error"]) }),
    observationOf("StartChildConversationObservation", {
      conversation_id: nullable(z.string()),
      parent_conversation_id: nullable(z.string()),
      status: nullable(z.string()),
      title: nullable(z.string()),
      url: nullable(z.string()),
      workspace: nullable(z.string()),
      isolation: nullable(z.enum(["worktree", "shared"])),
    }),
  ] as const;
}
