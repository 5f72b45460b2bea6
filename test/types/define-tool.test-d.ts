import { type Content, defineTool, type Tool, type ToolContext, type ToolOutput } from "agent-server";
import { expectTypeOf } from "vitest";
import { z } from "zod";

const input = z.object({
  city: z.string(),
  days: z.int().min(1).default(1),
  unit: z.enum(["celsius", "fahrenheit"]).optional(),
});

// `run` gets the output of the schema, with its defaults.
const weather = defineTool({
  name: "weather",
  description: "Tells the weather",
  input,
  run(request, context) {
    expectTypeOf(request).toEqualTypeOf<{
      city: string;
      days: number;
      unit?: "celsius" | "fahrenheit" | undefined;
    }>();
    expectTypeOf(context).toEqualTypeOf<ToolContext<undefined>>();
    return "21 °C";
  },
});

expectTypeOf(weather).toEqualTypeOf<Tool<typeof input>>();
expectTypeOf(weather).toExtend<Tool>();

// The state that `open` returns, resolved, is what `run` and `close` get.
defineTool({
  name: "counter",
  description: ({ workspace }) => `Counts in ${workspace.info.workingDir}`,
  input: z.object({}),
  open: async () => ({ count: 0 }),
  async run(_input, { state, signal }) {
    expectTypeOf(state).toEqualTypeOf<{ count: number }>();
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
    return { content: String(state.count), is_error: state.count > 9 };
  },
  close(state) {
    expectTypeOf(state).toEqualTypeOf<{ count: number }>();
  },
});

// The input of `resources` is parsed too.
defineTool({
  name: "lock",
  description: "Locks a city",
  input,
  resources: ({ city, days }) => [city, days.toFixed()],
  run: () => "locked",
});

expectTypeOf<string>().toExtend<ToolOutput>();
expectTypeOf<Content[]>().toExtend<ToolOutput>();

// @ts-expect-error A tool has a description.
defineTool({ name: "nameless", input, run: () => "" });
// @ts-expect-error The input is an object.
defineTool({ name: "text", description: "Takes a text", input: z.string(), run: () => "" });
// @ts-expect-error A number is not an output.
defineTool({ name: "number", description: "Returns a number", input, run: () => 42 });
// @ts-expect-error The schema has no field `town`.
defineTool({ name: "town", description: "Reads a town", input, run: ({ town }) => String(town) });
