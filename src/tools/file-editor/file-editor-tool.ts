import { z } from "zod";
import { builtInTool } from "../define-tool.ts";
import { fileResource } from "../text-files/file-place.ts";
import { fileEditorDescription } from "./description.ts";
import { fileEditorInput } from "./input.ts";

export const fileEditorTool = builtInTool({
  name: "file_editor",
  description: (host) => fileEditorDescription(host.workspace.info.workingDir),
  input: fileEditorInput,
  params: z.strictObject({}),
  annotations: {
    title: "file_editor",
    readOnlyHint: false,
    destructiveHint: true,
    idempotentHint: false,
    openWorldHint: false,
  },
  wire: { tool: "FileEditorTool", action: "FileEditorAction", observation: "FileEditorObservation" },
  // A view takes its turn as well, so that it shows what the edits before it made.
  resources: async ({ path }, { workspace }) => [await fileResource(workspace, path)],
  async open({ workspace }) {
    const { FileEditor } = await import("./file-editor.ts");
    return new FileEditor(workspace);
  },
  run: (input, { state }) => state.run(input),
});
