import { z } from "zod";
import { builtInTool } from "../define-tool.ts";
import { fileResource } from "../text-files/file-place.ts";
import { writeFileInput } from "./inputs.ts";
import { startOfPaths, wherePathsStart } from "./where-paths-start.ts";

export const writeFileTool = builtInTool({
  name: "write_file",
  description: ({
    workspace,
  }) => `Writes a whole file. Missing folders are made, and what the file had is replaced.

Use it for new files and for those that change almost everywhere. To change a part of a file, use \`edit\`: it is shorter and \
keeps the rest as it is.

${wherePathsStart(workspace)}`,
  input: writeFileInput,
  params: z.strictObject({}),
  annotations: {
    title: "write_file",
    readOnlyHint: false,
    destructiveHint: true,
    idempotentHint: false,
    openWorldHint: false,
  },
  meta: startOfPaths,
  wire: { tool: "WriteFileTool", action: "WriteFileAction", observation: "WriteFileObservation" },
  resources: async ({ file_path }, { workspace }) => [await fileResource(workspace, file_path)],
  async run(args, { workspace }) {
    const { writeFile } = await import("./write-file.ts");
    return writeFile(args, workspace);
  },
});
