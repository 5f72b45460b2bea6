import { z } from "zod";
import { terminalArguments } from "../../wire/events/actions.ts";
import type { Tool } from "../tool.ts";
import { fieldDescriptions, terminalDescription } from "./description.ts";
import { terminalParams } from "./terminal-params.ts";

const { command, is_input, timeout, reset } = terminalArguments;

const input = z.object({
  command: command.describe(fieldDescriptions.command),
  is_input: is_input.describe(fieldDescriptions.is_input),
  timeout: timeout.describe(fieldDescriptions.timeout),
  reset: reset.describe(fieldDescriptions.reset),
});

export const terminalTool: Tool<typeof input> = {
  name: "terminal",
  description: terminalDescription,
  input,
  params: terminalParams,
  annotations: {
    title: "terminal",
    readOnlyHint: false,
    destructiveHint: true,
    idempotentHint: false,
    openWorldHint: true,
  },
  wire: { tool: "TerminalTool", action: "TerminalAction", observation: "TerminalObservation" },
  // One shell for the conversation: its calls run one after the other, concurrently with those of other tools.
  resources: () => ["terminal:session"],
  async open(host) {
    const { TerminalExecutor } = await import("./terminal-executor.ts");
    return new TerminalExecutor(host);
  },
};
