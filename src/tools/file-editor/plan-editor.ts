import { joinPath } from "../../workspace/paths.ts";
import { isWithin } from "../../workspace/place.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import type { ToolResult } from "../define-tool.ts";
import { planHeadings } from "../plan-sections.ts";
import { FileEditor } from "./file-editor.ts";
import type { FileEditorInput } from "./input.ts";

/**
 * Opens the editor of an agent that plans. The file of the plan is made, with its headings, if there is none; a machine
 * that refuses that says so again when the file is edited.
 */
export async function openPlanEditor(workspace: Workspace, planPath: string | null): Promise<PlanEditor> {
  const { files } = workspace;
  const path = planPath ?? (await usualPath(workspace));
  const editor = new PlanEditor(workspace, path, planPath !== null);
  const isNew = (await files.stat(path)) === null;
  if (isNew && (await editor.isPlan(path))) await files.write(path, planHeadings()).catch(() => {});
  return editor;
}

/** Plans of earlier versions lie in the working directory itself. */
async function usualPath({ files, info }: Workspace): Promise<string> {
  const earlier = joinPath(info.workingDir, "PLAN.md");
  return (await files.stat(earlier)) === null ? joinPath(info.workingDir, ".agents_tmp/PLAN.md") : earlier;
}

/** A file editor that changes one file alone. */
export class PlanEditor {
  readonly #workspace: Workspace;
  readonly #planPath: string;
  readonly #isChosen: boolean;
  readonly #editor: FileEditor;

  /**
   * `isChosen`: a plan that the host or the user has placed may lie anywhere, any other in the working directory alone.
   */
  constructor(workspace: Workspace, planPath: string, isChosen: boolean) {
    this.#workspace = workspace;
    this.#planPath = planPath;
    this.#isChosen = isChosen;
    this.#editor = new FileEditor(workspace);
  }

  async run(input: FileEditorInput): Promise<ToolResult> {
    const { command, path } = input;
    if (command === "view" || (await this.isPlan(path))) {
      const { content, is_error, path: shown } = await this.#editor.run(input);
      return observation(input, { content, is_error: is_error ?? false, path: shown });
    }
    const content = `\`${command}\` is not allowed on ${path}: ${this.#planPath} is the one file that this tool changes.`;
    return observation(input, { content, is_error: true, path: null });
  }

  /** Whether a path is that of the plan. A plan that a link of the project leads away from it is none. */
  async isPlan(path: string): Promise<boolean> {
    const { files, info } = this.#workspace;
    const plan = await files.realPath(this.#planPath);
    const isHere = this.#isChosen || isWithin(await files.realPath(info.workingDir), plan);
    return isHere && (await files.realPath(path).catch(() => null)) === plan;
  }
}

/** Contents of files are for the agent alone: clients see which command ran where. */
function observation(
  { command }: FileEditorInput,
  result: Pick<ToolResult, "content" | "is_error"> & { path: unknown },
): ToolResult {
  return { ...result, command, prev_exist: true, old_content: null, new_content: null };
}
