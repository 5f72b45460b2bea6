import type { Llm } from "../../llm/llm.ts";
import type { Condenser as CondenserConfig } from "../../wire/agent/condensers.ts";
import type { Condenser } from "../loop/condenser.ts";
import { SummarizingCondenser, type SummarizingConfig } from "./summarizing-condenser.ts";

/** Makes the model that a condenser asks. */
export type SummaryLlm = (config: SummarizingConfig["llm"]) => Llm;

const NO_OP: Condenser = { handlesRequests: false, condense: () => null };

/** Makes the condenser of a configuration. */
export function createCondenser(config: CondenserConfig, createLlm: SummaryLlm): Condenser {
  switch (config.kind) {
    case "LLMSummarizingCondenser":
      return new SummarizingCondenser(config, createLlm(config.llm));
    case "NoOpCondenser":
      return NO_OP;
    case "PipelineCondenser":
      return pipeline(config.condensers.map((part) => createCondenser(part, createLlm)));
  }
}

/** Asks one condenser after the other, until one forgets something. */
function pipeline(condensers: readonly Condenser[]): Condenser {
  return {
    handlesRequests: condensers.some(({ handlesRequests }) => handlesRequests),
    async condense(view, context) {
      for (const condenser of condensers) {
        const condensation = await condenser.condense(view, context);
        if (condensation !== null) return condensation;
      }
      return null;
    },
  };
}
