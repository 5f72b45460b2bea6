import { z } from "zod";
import { AgentServerError } from "../../errors.ts";
import { builtInTool } from "../define-tool.ts";
import { delegationParams, isScoped, offered } from "../sub-agent-scope.ts";
import type { Tool } from "../tool.ts";
import { workflowDescription } from "./description.ts";
import { findPython } from "./find-python.ts";
import { WorkflowRun } from "./workflow-run.ts";

/** Seconds that a workflow may take. */
const MAX_SECONDS = 3_600;

const NO_PYTHON = "no Python of version 3.9 or newer is found on the machine of the conversation";

const input = z.object({
  name: z.string().describe("A short name for this workflow."),
  script: z.string().describe("The Python script. It defines `async def main(wf):` and uses `wf` alone."),
  max_concurrency: z
    .int()
    .min(1)
    .max(64)
    .default(8)
    .describe("Sub-agents at once. 2 to 4 spare the limits of the model's provider."),
});

interface WorkflowState {
  python: string;
  isScoped: boolean;
}

export interface WorkflowToolOptions {
  /** Seconds that a workflow may take. Default: an hour. */
  seconds?: number;
}

/** Runs a script that hands work to sub-agents. It needs Python on the machine of the conversation. */
export function workflowTool({ seconds = MAX_SECONDS }: WorkflowToolOptions = {}): Tool {
  const tool = builtInTool<typeof input, WorkflowState>({
    name: "workflow",
    description: ({ delegation, params }) => workflowDescription(offered(delegation, isScoped(params))),
    input,
    params: delegationParams,
    annotations: {
      title: "workflow",
      readOnlyHint: false,
      destructiveHint: true,
      idempotentHint: false,
      openWorldHint: true,
    },
    wire: { tool: "WorkflowTool", action: "WorkflowAction", observation: "WorkflowObservation" },
    async open({ workspace, params }) {
      const python = await findPython(workspace);
      if (python === undefined) throw new AgentServerError("unprocessable", NO_PYTHON);
      return { python, isScoped: isScoped(params) };
    },
    async run({ name, script, max_concurrency: maxConcurrency }, context) {
      const { state, workspace, delegation, toolCallId, signal } = context;
      if (delegation === undefined)
        throw new AgentServerError("unprocessable", "This agent has no sub-agents");
      const workflow = { script, maxConcurrency, isScoped: state.isScoped, toolCallId };
      const run = new WorkflowRun(workflow, { workspace, delegation, python: state.python, seconds });
      const { status, text } = await run.run(signal);
      return { content: text, is_error: status === "error", name, status };
    },
  });
  return {
    ...tool,
    unavailable: async ({ workspace }) =>
      (await findPython(workspace)) === undefined ? NO_PYTHON : undefined,
  };
}
