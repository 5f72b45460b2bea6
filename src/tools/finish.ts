import { z } from "zod";
import { builtInTool } from "./define-tool.ts";

const description = `Ends the work on the current task and hands your answer to the user. Nothing runs after it.

Call it when the task is done, or when you cannot go on without something only the user can give.

In \`message\`, tell the user:
- what you did and what came of it, including how you checked it;
- what is left open or did not work, plainly;
- what you need from them, if anything.`;

export const finishTool = builtInTool({
  name: "finish",
  description,
  input: z.object({ message: z.string().describe("Your closing message to the user.") }),
  params: z.strictObject({}),
  annotations: {
    title: "finish",
    readOnlyHint: true,
    destructiveHint: false,
    idempotentHint: true,
    openWorldHint: false,
  },
  wire: { tool: "FinishTool", action: "FinishAction", observation: "FinishObservation" },
  resources: () => [],
  run: ({ message }) => message,
});
