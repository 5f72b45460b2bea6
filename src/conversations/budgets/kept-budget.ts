import { isObject } from "../../is-object.ts";
import { MEASURES, NOTHING, type Spending, spentOnModels } from "./budget.ts";

/** The document "budget" of a conversation. */
export interface KeptBudget {
  steps: number;
  seconds: number;
  /** Spending when the budget of the conversation began. */
  base: Spending;
  /** Spending of its source, where it is a fork that shows the figures of that. It has not spent it itself. */
  inherited: Spending;
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
    inherited: toSpending(kept.inherited),
    reached: { conversation: reached.conversation === true, principal: reached.principal === true },
  };
}

/** Writes the document of a fork whose figures are those of its source: its budget begins after them. */
export function forkedBudget(stats: string | undefined): string {
  const inherited = { ...NOTHING, ...modelsIn(stats) };
  const kept: KeptBudget = { ...readKeptBudget(undefined), base: inherited, inherited };
  return JSON.stringify(kept);
}

/** Reads the spending of a stored conversation. Figures that are damaged count nothing. */
export function storedSpending(documents: Readonly<Record<string, string>>): Spending {
  const { cost, tokens } = modelsIn(documents.stats);
  const { steps, seconds, inherited } = readKeptBudget(documents.budget);
  return { cost: cost - inherited.cost, tokens: tokens - inherited.tokens, steps, seconds };
}

function modelsIn(stats: string | undefined): Pick<Spending, "cost" | "tokens"> {
  const { usage_to_metrics: accounts } = parsed(stats);
  return spentOnModels({
    usage_to_metrics: isObject(accounts)
      ? (accounts as Parameters<typeof spentOnModels>[0]["usage_to_metrics"])
      : {},
  });
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
