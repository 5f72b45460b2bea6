import { defineTool, type Tool } from "agent-server";
import { z } from "zod";
import type { Gate } from "../../conversations/open-manager.ts";

/** A tool that waits at a gate. */
export function gateTool(gate: Gate): Tool {
  return defineTool({
    name: "wait",
    description: "Waits.",
    input: z.object({}),
    run: async (_, { signal }) => {
      await gate.pass(signal);
      return "waited";
    },
  });
}
