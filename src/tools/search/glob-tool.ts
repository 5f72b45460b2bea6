import { z } from "zod";
import { builtInTool } from "../define-tool.ts";
import { globInput } from "./inputs.ts";

export const globTool = builtInTool({
  name: "glob",
  description: ({ workspace }) => `Finds files by their names.

In a pattern, \`*\` stands for any characters of a name, \`?\` for one, \`[ab]\` for one of some, \`{js,ts}\` for one of \
several texts, and \`**\` for any folders. A pattern without a slash finds names in every folder: \`*.py\`, \`test_*\`. One with \
a slash starts in the searched directory: \`src/**/*.ts\`, \`docs/*.md\`.

The result has the paths of the files, those that were changed last first, 100 at most. Files that \`.gitignore\` names and \
hidden ones are found when the pattern names them; \`**/*\` leaves them out.

Searches start in the working directory, ${workspace.info.workingDir}.`,
  input: globInput,
  params: z.strictObject({}),
  annotations: {
    title: "glob",
    readOnlyHint: true,
    destructiveHint: false,
    idempotentHint: true,
    openWorldHint: false,
  },
  wire: { tool: "GlobTool", action: "GlobAction", observation: "GlobObservation" },
  resources: () => [],
  async open({ workspace }) {
    const { FileSearch } = await import("./file-search.ts");
    return new FileSearch(workspace);
  },
  async run(input, { state, signal }) {
    const { glob } = await import("./glob.ts");
    return glob(input, state, signal);
  },
});
