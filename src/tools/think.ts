import { z } from "zod";
import { builtInTool } from "./define-tool.ts";

const description = `Writes down a thought. It looks at nothing and changes nothing.

Use it where a moment of reasoning saves work: to weigh several fixes once you know the cause of a bug, to plan a \
change that touches many files, to make sense of surprising test results, or to check a plan against what the user \
asked for before you act on it.`;

export const thinkTool = builtInTool({
  name: "think",
  description,
  input: z.object({ thought: z.string().describe("The thought to write down.") }),
  params: z.strictObject({}),
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  wire: { tool: "ThinkTool", action: "ThinkAction", observation: "ThinkObservation" },
  resources: () => [],
  run: () => "Your thought has been logged.",
});
