import { z } from "zod";
import { builtInTool } from "../define-tool.ts";
import { listDirectoryInput } from "./inputs.ts";
import { wherePathsStart } from "./where-paths-start.ts";

export const listDirectoryTool = builtInTool({
  name: "list_directory",
  description: ({
    workspace,
  }) => `Lists a directory: names, sizes in bytes and times of the last change, hidden entries \
included.

With \`recursive\`, the directories in it are listed as well, but not those in them. At most 500 entries are shown.

${wherePathsStart(workspace)}`,
  input: listDirectoryInput,
  params: z.strictObject({}),
  annotations: {
    title: "list_directory",
    readOnlyHint: true,
    destructiveHint: false,
    idempotentHint: true,
    openWorldHint: false,
  },
  wire: {
    tool: "ListDirectoryTool",
    action: "ListDirectoryAction",
    observation: "ListDirectoryObservation",
  },
  resources: () => [],
  async run(args, { workspace }) {
    const { listDirectory } = await import("./list-directory.ts");
    return listDirectory(args, workspace);
  },
});
