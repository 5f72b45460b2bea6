import type { Tool } from "../../src/tools/tool.ts";
import { OpenTool } from "../../src/tools/toolbox/open-tool.ts";
import { textOf } from "../../src/wire/events/message.ts";
import { type Observation, observation } from "../../src/wire/events/observations.ts";
import { callContext, type TestHostOptions, toolHost } from "./tool-host.ts";

/** A tool as an agent has it: arguments are checked, and results have the form of the protocol. */
export interface OpenedTool {
  readonly tool: OpenTool;
  call(args: object, signal?: AbortSignal): Promise<Observation & Record<string, unknown>>;
  /** The text of a call that is refused. */
  refusal(args: object): Promise<string>;
}

export async function openedTool(tool: Tool, options: TestHostOptions = {}): Promise<OpenedTool> {
  const opened = new OpenTool(tool, await toolHost(options));
  const call = async (args: object, signal?: AbortSignal) => {
    const parsed = opened.parse(args as Record<string, unknown>);
    if ("error" in parsed) throw new Error(parsed.error);
    const result = await opened.run(parsed.input, callContext(signal));
    const read = observation.parse(result) as Observation & Record<string, unknown>;
    // Clients refuse keys that they do not know and miss those that are not there.
    if (Object.keys(read).sort().join() !== Object.keys(result).sort().join())
      throw new Error(`The observation has the fields ${Object.keys(result)}`);
    return read;
  };
  return {
    tool: opened,
    call,
    async refusal(args) {
      const result = await call(args);
      if (!result.is_error) throw new Error(`The call was not refused: ${textOf(result.content)}`);
      return textOf(result.content);
    },
  };
}
