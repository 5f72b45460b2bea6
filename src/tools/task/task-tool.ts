import { z } from "zod";
import { AgentServerError } from "../../errors.ts";
import { builtInTool, type ToolOutput } from "../define-tool.ts";
import type { Delegation, TaskRequest } from "../delegation.ts";
import { delegationParams, isScoped, offered } from "../sub-agent-scope.ts";
import { taskDescription } from "./description.ts";

/** The task of a call that none was made for. */
const UNKNOWN_TASK = "unknown";

const input = z.object({
  description: z.string().nullable().default(null).describe("The work in three to five words."),
  prompt: z.string().describe("Everything the sub-agent needs to know to do the work."),
  subagent_type: z.string().default("general-purpose").describe("Name of the sub-agent."),
  resume: z.string().nullable().default(null).describe("Id of an earlier task that is to go on."),
});

/** Gives a task to a sub-agent and waits for its report. */
export const taskTool = builtInTool<typeof input, { isScoped: boolean }>({
  name: "task",
  description: ({ delegation, params }) => taskDescription(offered(delegation, isScoped(params))),
  input,
  params: delegationParams,
  annotations: {
    title: "task",
    readOnlyHint: false,
    destructiveHint: true,
    idempotentHint: false,
    openWorldHint: true,
  },
  wire: { tool: "TaskTool", action: "TaskAction", observation: "TaskObservation" },
  resources: () => [],
  open: ({ params }) => ({ isScoped: isScoped(params) }),
  run({ prompt, subagent_type: kind, description, resume }, { state, delegation, toolCallId, signal }) {
    const task = { prompt, kind, description, resume, toolCallId, isScoped: state.isScoped };
    return delegate(delegation, task, signal);
  },
});

/** A task that cannot begin is a result, too: the model may choose another sub-agent. */
async function delegate(
  delegation: Delegation | undefined,
  task: TaskRequest,
  signal: AbortSignal,
): Promise<ToolOutput> {
  try {
    if (delegation === undefined) throw new AgentServerError("unprocessable", "This agent has no sub-agents");
    const { taskId, status, text } = await delegation.run(task, signal);
    return {
      content: text,
      is_error: status === "error",
      task_id: taskId,
      subagent: task.kind,
      status,
    };
  } catch (error) {
    if (!AgentServerError.is(error) || signal.aborted) throw error;
    const content = `The task was not started: ${error.message}`;
    return { content, is_error: true, task_id: UNKNOWN_TASK, subagent: task.kind, status: "error" };
  }
}
