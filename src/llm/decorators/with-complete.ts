import type { Llm } from "../llm.ts";

/** Builds a decorator of a model: another `complete`, and the model's own properties. */
export function withComplete(llm: Llm, complete: Llm["complete"]): Llm {
  return {
    get vision() {
      return llm.vision;
    },
    get sideCalls() {
      return llm.sideCalls;
    },
    get decorated() {
      return llm.decorated;
    },
    complete,
  };
}
