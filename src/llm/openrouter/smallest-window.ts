import { z } from "zod";

/** A provider behind OpenRouter that serves a model. */
export interface Route {
  /** The name of the provider. Several routes may have the same. */
  provider_name: string;
  /** Tokens. */
  context_length: number;
}

const names = z
  .array(z.unknown())
  .catch([])
  .transform((list) => list.map(toKey));

/** The field `provider` of a configuration's extra body, which OpenRouter reads. */
const routing = z.object({
  only: names,
  ignore: names,
  order: names,
  allow_fallbacks: z.unknown().default(true),
});

/**
 * The smallest context window among the routes that a prompt may take, in tokens; null where none is left. `only` and
 * `ignore` choose the routes. `order` counts without `only` alone, and an order of which no provider is left says
 * nothing; its first provider is the only one where `allow_fallbacks` is false.
 */
export function smallestWindow(routes: readonly Route[], preferences: unknown): number | null {
  const {
    only,
    ignore,
    order,
    allow_fallbacks: fallsBack,
  } = routing.catch(() => routing.parse({})).parse(preferences);
  const eligible = routes.filter(({ provider_name: name }) => {
    const key = toKey(name);
    return (only.length === 0 || only.includes(key)) && !ignore.includes(key);
  });
  const isOrdered = only.length === 0 && order.length > 0;
  const taken = isOrdered ? orderedRoutes(eligible, order, Boolean(fallsBack)) : eligible;
  return taken.length === 0 ? null : Math.min(...taken.map(({ context_length: length }) => length));
}

function orderedRoutes(routes: Route[], order: readonly string[], fallsBack: boolean): Route[] {
  const first = order.find((key) => routes.some(({ provider_name: name }) => toKey(name) === key));
  if (first === undefined) return [];
  return fallsBack ? routes : routes.filter(({ provider_name: name }) => toKey(name) === first);
}

/** Names are compared without regard to case and to blanks around them. */
function toKey(name: unknown): string {
  return typeof name === "string" ? name.trim().toLowerCase() : "";
}
