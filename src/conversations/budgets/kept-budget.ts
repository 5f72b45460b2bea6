import { isObject } from "../../is-object.ts";
import { MEASURES, NOTHING, type Spending, spentOnModels } from "./budget.ts";

/** The document "budget" of a conversation. */
export interface KeptBudget {
  steps: number;
  seconds: number;
  /** Spending when the budget of the conversation began. */
  base: Spending;
  /** The budgets for which it was paused last. The next run goes on beyond them. */
  reached: { conversation: boolean; principal: boolean };
}

/** Documents that say what a conversation has used. */
export const SPENDING_DOCUMENTS = ["stats", "budget"] as const;

/** Reads the document; zeros where there is none. */
export function readKeptBudget(text: string | undefined): KeptBudget {
  const kept = parsed(text);
  const reached = isObject(kept.reached) ? kept.reached : {};
  return {
    steps: numberIn(kept, "steps"),
    seconds: numberIn(kept, "seconds"),
    base: toSpending(kept.base),
    reached: { conversation: reached.conversation === true, principal: reached.principal === true },
  };
}

/** Reads the spending of a stored conversation. Figures that are damaged count nothing. */
export function storedSpending(documents: Readonly<Record<string, string>>): Spending {
  const { usage_to_metrics: accounts } = parsed(documents.stats);
  const { steps, seconds } = readKeptBudget(documents.budget);
  const models = spentOnModels({
    usage_to_metrics: isObject(accounts)
      ? (accounts as Parameters<typeof spentOnModels>[0]["usage_to_metrics"])
      : {},
  });
  return { ...models, steps, seconds };
}

/** Reads amounts as they are kept. */
export function toSpending(value: unknown): Spending {
  if (!isObject(value)) return NOTHING;
  return Object.fromEntries(MEASURES.map((measure) => [measure, numberIn(value, measure)])) as Spending;
}

function parsed(text: string | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? "{}");
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function numberIn(value: Record<string, unknown>, key: string): number {
  const number = value[key];
  return typeof number === "number" && Number.isFinite(number) ? number : 0;
}
