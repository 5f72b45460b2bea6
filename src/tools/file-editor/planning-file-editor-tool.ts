import { z } from "zod";
import { isAbsolutePath, joinPath } from "../../workspace/paths.ts";
import { builtInTool } from "../define-tool.ts";
import { fileResource } from "../text-files/file-place.ts";
import type { ToolHost } from "../tool.ts";
import { fileEditorDescription } from "./description.ts";
import { fileEditorInput } from "./input.ts";

const params = z.strictObject({
  plan_path: z
    .string()
    .nullable()
    .default(null)
    .refine((path) => path === null || isAbsolutePath(path), "must be an absolute path"),
});

export const planningFileEditorTool = builtInTool({
  name: "planning_file_editor",
  description: (host) => `${fileEditorDescription(host.workspace.info.workingDir)}

You make a plan and change nothing else: \`view\` takes every file, the other commands take the file of the plan alone. \
It is ${placeOf(host)}, and has a heading for each section already: fill them in. Other agents \
read it there.`,
  input: fileEditorInput,
  params,
  annotations: {
    title: "planning_file_editor",
    readOnlyHint: false,
    destructiveHint: false,
    idempotentHint: false,
    openWorldHint: false,
  },
  wire: {
    tool: "PlanningFileEditorTool",
    action: "PlanningFileEditorAction",
    observation: "PlanningFileEditorObservation",
  },
  resources: async ({ path }, { workspace }) => [await fileResource(workspace, path)],
  async prepare({ workspace, params }) {
    const { openPlanEditor } = await import("./plan-editor.ts");
    await openPlanEditor(workspace, planPathOf(params));
  },
  async open({ workspace, params }) {
    const { openPlanEditor } = await import("./plan-editor.ts");
    return openPlanEditor(workspace, planPathOf(params));
  },
  run: (input, { state }) => state.run(input),
});

/** null where the plan lies at its usual place. */
function planPathOf(given: Record<string, unknown>): string | null {
  return params.parse(given).plan_path;
}

function placeOf({ workspace, params }: ToolHost): string {
  const { workingDir } = workspace.info;
  const usual = `${joinPath(workingDir, ".agents_tmp/PLAN.md")}, or ${joinPath(workingDir, "PLAN.md")} where that exists`;
  return planPathOf(params) ?? usual;
}
