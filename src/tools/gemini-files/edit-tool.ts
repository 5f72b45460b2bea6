import { z } from "zod";
import { builtInTool } from "../define-tool.ts";
import { fileResource } from "../text-files/file-place.ts";
import { editInput } from "./inputs.ts";
import { startOfPaths, wherePathsStart } from "./where-paths-start.ts";

export const editTool = builtInTool({
  name: "edit",
  description: ({ workspace }) => `Replaces a passage of a file, or makes a new file.

\`old_string\` must match the file exactly, with its spaces and indentation and without the line numbers that \`read_file\` \
shows. It must occur once: add a few lines around the change to make it unique. To change the same text in several places, \
say in \`expected_replacements\` how many there are; with another number, nothing is changed.

An empty \`old_string\` makes a new file, with the folders above it. The file keeps its encoding and its line ends. Read a \
file before you edit it.

${wherePathsStart(workspace)}`,
  input: editInput,
  params: z.strictObject({}),
  annotations: {
    title: "edit",
    readOnlyHint: false,
    destructiveHint: true,
    idempotentHint: false,
    openWorldHint: false,
  },
  meta: startOfPaths,
  wire: { tool: "EditTool", action: "EditAction", observation: "EditObservation" },
  resources: async ({ file_path }, { workspace }) => [await fileResource(workspace, file_path)],
  async run(args, { workspace }) {
    const { edit } = await import("./edit.ts");
    return edit(args, workspace);
  },
});
