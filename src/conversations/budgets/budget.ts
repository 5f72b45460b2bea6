import type { ConversationStats } from "../../wire/metrics.ts";

/** A limit of what agents use. What is left out has none. */
export interface Budget {
  /** US dollars, of all models of a conversation. */
  cost?: number | undefined;
  /** Tokens of prompts and replies together, of all models of a conversation. */
  tokens?: number | undefined;
  /** Steps of the agent's loop: each asks the model once or makes room in its prompt. */
  steps?: number | undefined;
  /** Seconds of runs, with their models and tools. */
  seconds?: number | undefined;
  /**
   * Whether only the operator can go on. Default: false, and a user who starts the conversation again after the pause
   * gives it as much again.
   */
  final?: boolean | undefined;
}

/** Limits of what agents use. Default: none. */
export interface Budgets {
  /** The limit of each conversation. */
  conversation?: Budget | undefined;
  /** The limit of all conversations together that one principal has created, also of those that were deleted. */
  principal?: Budget | undefined;
}

/** The amounts that are limited. */
export const MEASURES = ["cost", "tokens", "steps", "seconds"] as const;
export type Measure = (typeof MEASURES)[number];

/** Used amounts, in the measures of a budget. */
export type Spending = Record<Measure, number>;

/** Spending at the beginning. */
export const NOTHING: Spending = { cost: 0, tokens: 0, steps: 0, seconds: 0 };

/** Adds up. */
export function sumOf(spendings: Iterable<Spending>): Spending {
  const sum = { ...NOTHING };
  for (const spending of spendings) for (const measure of MEASURES) sum[measure] += spending[measure];
  return sum;
}

/** Cost and tokens of all models of a conversation. */
export function spentOnModels({
  usage_to_metrics: accounts,
}: {
  usage_to_metrics: Record<
    string,
    Pick<ConversationStats["usage_to_metrics"][string], "accumulated_cost" | "accumulated_token_usage">
  >;
}): Pick<Spending, "cost" | "tokens"> {
  let cost = 0;
  let tokens = 0;
  for (const { accumulated_cost, accumulated_token_usage: usage } of Object.values(accounts)) {
    cost += accumulated_cost;
    tokens += (usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0);
  }
  return { cost, tokens };
}

/** A measure that is used up. */
export interface Reached {
  measure: Measure;
  /** Amount since the budget began. */
  used: number;
  limit: number;
}

/** Finds the first measure that is used up since `base`; undefined when there is something left of each. */
export function reachedOf(budget: Budget, spent: Spending, base: Spending): Reached | undefined {
  for (const measure of MEASURES) {
    const limit = budget[measure];
    const used = spent[measure] - base[measure];
    if (limit !== undefined && used >= limit) return { measure, used, limit };
  }
  return undefined;
}

const WHOSE: Readonly<Record<keyof Budgets, string>> = {
  conversation: "This conversation has",
  principal: "The conversations of this user have",
};

/** The way out of a final budget. */
export const FINAL = "Only the operator of the server can raise it.";

/** A budget is used up. The name is the `code` of the ConversationErrorEvent, which clients know. */
export class MaxBudgetReached extends Error {
  override readonly name = "MaxBudgetReached";

  constructor(whose: keyof Budgets, reached: Reached, isFinal: boolean) {
    const next = isFinal ? FINAL : "Start it again to go on with as much again.";
    super(`${usedUp(whose, reached)} The agent is paused. ${next}`);
  }
}

/** Says that a budget is used up, in a sentence. */
export function usedUp(whose: keyof Budgets, { measure, used, limit }: Reached): string {
  return `${WHOSE[whose]} used ${amount(measure, used)} of ${amount(measure, limit)}.`;
}

function amount(measure: Measure, value: number): string {
  if (measure === "cost") return `$${value.toFixed(value < 1 ? 4 : 2)}`;
  return `${Math.round(value).toLocaleString("en")} ${measure}`;
}

/**
 * Checks budgets that a host has set.
 *
 * @throws TypeError for an amount that is not above 0
 */
export function assertBudgets(budgets: Budgets): void {
  for (const whose of ["conversation", "principal"] as const) {
    for (const measure of MEASURES) {
      const limit = budgets[whose]?.[measure];
      if (limit === undefined || (Number.isFinite(limit) && limit > 0)) continue;
      throw new TypeError(`budgets.${whose}.${measure}: must be a number above 0`);
    }
  }
}
