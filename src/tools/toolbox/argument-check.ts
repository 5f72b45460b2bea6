import { z } from "zod";
import { toParameters } from "../json-schema.ts";
import type { Tool } from "../tool.ts";
import { describeArgumentsError } from "./arguments-error.ts";

/** What a tool takes, ready for use: the schema the model is shown and the check of what it sends. */
export interface ArgumentCheck {
  readonly parameters: Record<string, unknown>;
  /** Names of the arguments at the top level. */
  readonly names: readonly string[];
  check(args: Record<string, unknown>): { input: unknown } | { error: string };
}

/** zod compiles a schema when it first parses, so each tool's is kept. A memo: it holds nothing but what follows from its key. */
const known = new WeakMap<Tool, ArgumentCheck>();

export function argumentCheckOf(tool: Tool): ArgumentCheck {
  const kept = known.get(tool);
  if (kept !== undefined) return kept;
  const made = makeCheck(tool);
  known.set(tool, made);
  return made;
}

function makeCheck(tool: Tool): ArgumentCheck {
  const parameters = tool.parameters ?? toParameters(tool.input);
  const names = Object.keys((parameters.properties ?? {}) as object);
  const input = strict(tool.input);
  return {
    parameters,
    names,
    check(args) {
      const parsed = input.safeParse(args);
      if (parsed.success) return { input: parsed.data };
      return { error: describeArgumentsError(parsed.error, args, names) };
    },
  };
}

/** Arguments no schema names are refused, unless the schema says what to do with them. */
function strict(input: z.ZodType): z.ZodType {
  return input instanceof z.ZodObject && input.def.catchall === undefined ? input.strict() : input;
}
