import { z } from "zod";
import { builtInTool } from "../define-tool.ts";
import { grepInput } from "./inputs.ts";

export const grepTool = builtInTool({
  name: "grep",
  description: ({ workspace }) => `Finds the files whose text matches a regular expression, line by line.

The result has the paths of the files, those that were changed last first, 100 at most. To see the lines, view the files \
or run \`grep -n\`. Narrow a search down by a stricter expression, by \`path\` or by \`include\`.

Files that \`.gitignore\` names, hidden ones and binary ones are left out; those that \`include\` names are searched all \
the same, though never a folder that is left out.

Searches start in the working directory, ${workspace.info.workingDir}.`,
  input: grepInput,
  params: z.strictObject({}),
  annotations: {
    title: "grep",
    readOnlyHint: true,
    destructiveHint: false,
    idempotentHint: true,
    openWorldHint: false,
  },
  wire: { tool: "GrepTool", action: "GrepAction", observation: "GrepObservation" },
  resources: () => [],
  async open({ workspace }) {
    const { FileSearch } = await import("./file-search.ts");
    return new FileSearch(workspace);
  },
  async run(input, { state, signal }) {
    const { grep } = await import("./grep.ts");
    return grep(input, state, signal);
  },
});
