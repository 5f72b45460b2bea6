import { z } from "zod";
import { builtInTool } from "../define-tool.ts";
import { fileResource } from "../text-files/file-place.ts";
import { readFileInput } from "./inputs.ts";
import { startOfPaths, wherePathsStart } from "./where-paths-start.ts";

export const readFileTool = builtInTool({
  name: "read_file",
  description: ({ workspace }) => `Reads a text file and shows it with line numbers.

A call shows up to 1000 lines, and fewer of a file with very long ones. If the file goes on, the result says so and names \
the \`offset\` for the next call. To see a part of a large file, give \`offset\` and \`limit\`.

${wherePathsStart(workspace)}`,
  input: readFileInput,
  params: z.strictObject({}),
  annotations: {
    title: "read_file",
    readOnlyHint: true,
    destructiveHint: false,
    idempotentHint: true,
    openWorldHint: false,
  },
  meta: startOfPaths,
  wire: { tool: "ReadFileTool", action: "ReadFileAction", observation: "ReadFileObservation" },
  // A call takes its turn among those that write the file.
  resources: async ({ file_path }, { workspace }) => [await fileResource(workspace, file_path)],
  async run(args, { workspace }) {
    const { readFile } = await import("./read-file.ts");
    return readFile(args, workspace);
  },
});
