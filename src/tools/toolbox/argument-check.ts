import { z } from "zod";
import { toParameters } from "../json-schema.ts";
import type { Tool } from "../tool.ts";
import { describeArgumentsError } from "./arguments-error.ts";

/** The arguments of a tool: the schema for the model and the check of what it sends. */
export interface ArgumentCheck {
  readonly parameters: Record<string, unknown>;
  /** Names of the top-level arguments. */
  readonly names: readonly string[];
  check(args: Record<string, unknown>): { input: unknown } | { error: string };
}

/** A memo, because zod compiles a schema at its first parse. An entry depends on its key alone. */
const checks = new WeakMap<Tool, ArgumentCheck>();

export function argumentCheckOf(tool: Tool): ArgumentCheck {
  const cached = checks.get(tool);
  if (cached !== undefined) return cached;
  const check = makeCheck(tool);
  checks.set(tool, check);
  return check;
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

/** Rejects unknown arguments, unless the schema itself says how to treat them. */
function strict(input: z.ZodType): z.ZodType {
  return input instanceof z.ZodObject && input.def.catchall === undefined ? input.strict() : input;
}
