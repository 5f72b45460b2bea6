import type { Llm, LlmRequest } from "../llm.ts";

/** Names the model for a request. */
export type SelectLlm<Name extends string> = (request: LlmRequest) => Name | Promise<Name>;

/** A model that hands each request to one of others. */
export interface RouterLlm<Name extends string> extends Llm {
  /** Name of the model that was asked last; null before the first call. */
  readonly activeLlm: Name | null;
}

/**
 * Makes a model of several: `select` names the one for each request. Images are left in the prompt when one of them
 * sees.
 *
 * ```ts
 * const llm = routerLlm({ small, large }, ({ tools }) => (tools.length > 0 ? "large" : "small"));
 * ```
 *
 * @throws TypeError without any model; a call rejects with a TypeError for a name that is not one of them
 */
export function routerLlm<Name extends string>(
  llms: Readonly<Record<Name, Llm>>,
  select: SelectLlm<NoInfer<Name>>,
): RouterLlm<Name> {
  const all = Object.values<Llm>(llms);
  if (all.length === 0) throw new TypeError("llms: a router needs at least one model");
  let active: Name | null = null;
  return {
    get vision() {
      return all.some(({ vision }) => vision !== false);
    },
    get sideCalls() {
      return all.every(({ sideCalls }) => sideCalls !== false);
    },
    get decorated() {
      return all.every(({ decorated }) => decorated);
    },
    get activeLlm() {
      return active;
    },
    async complete(request) {
      const name = await select(request);
      request.signal.throwIfAborted();
      if (!Object.hasOwn(llms, name)) {
        const names = Object.keys(llms).join(", ");
        throw new TypeError(`select: ${JSON.stringify(name)} is not one of the models ${names}`);
      }
      active = name;
      return llms[name].complete(request);
    },
  };
}
