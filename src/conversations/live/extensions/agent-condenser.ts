import { createCondenser } from "../../../agent/condenser/create-condenser.ts";
import { type Condenser, condenseWith } from "../../../agent/loop/condenser.ts";
import type { ExtensionHost, LoopExtension } from "../../../agent/loop/extension.ts";
import type { Condenser as CondenserConfig } from "../../../wire/agent/condensers.ts";

/** The condenser of the agent; none for an agent without one. It is made again when the agent's model is switched. */
export function agentCondenser({ state, createLlm }: ExtensionHost): LoopExtension[] {
  const { condenser: first } = state.agent;
  if (first === null) return [];
  let made = make(first);
  return [
    condenseWith({
      handlesRequests: made.condenser.handlesRequests,
      condense(view, context) {
        const config = state.agent.condenser ?? first;
        if (made.config !== config) made = make(config);
        return made.condenser.condense(view, context);
      },
    }),
  ];

  function make(config: CondenserConfig): { config: CondenserConfig; condenser: Condenser } {
    return { config, condenser: createCondenser(config, createLlm) };
  }
}
