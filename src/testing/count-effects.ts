import type { Tool } from "../tools/tool.ts";

/** The number of calls by effect. Calls of one tool with the same input have the same effect. */
export interface EffectCount {
  tools: readonly (Tool | string)[];
  readonly counts: ReadonlyMap<string, number>;
}

/** Counts the calls of tools. Tools with `readOnlyHint` or `idempotentHint` are left out: they may repeat. */
export function countEffects(tools: readonly (Tool | string)[]): EffectCount {
  const counts = new Map<string, number>();
  const counted = tools.map((tool) =>
    typeof tool === "string" || mayRepeat(tool)
      ? tool
      : withCount(tool, (input) => {
          const effect = `${tool.name} ${JSON.stringify(input)}`;
          counts.set(effect, (counts.get(effect) ?? 0) + 1);
        }),
  );
  return { tools: counted, counts };
}

function mayRepeat({ annotations }: Tool): boolean {
  return annotations?.readOnlyHint === true || annotations?.idempotentHint === true;
}

function withCount(tool: Tool, count: (input: unknown) => void): Tool {
  return {
    ...tool,
    async open(host) {
      const executor = await tool.open(host);
      return {
        run: (input, context) => {
          count(input);
          return executor.run(input, context);
        },
        close: async () => executor.close?.(),
      };
    },
  };
}
