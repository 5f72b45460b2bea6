import { errorEvent } from "../../../agent/error-classification.ts";
import type { LoopContext, LoopExtension, ModelVerdict } from "../../../agent/loop/extension.ts";
import type { ConversationState } from "../../../wire/conversation-state.ts";
import {
  type Budget,
  MaxBudgetReached,
  type Reached,
  reachedOf,
  type Spending,
  spentOnModels,
} from "../../budgets/budget.ts";
import { type KeptBudget, readKeptBudget } from "../../budgets/kept-budget.ts";
import type { BuiltInParts } from "./built-in-parts.ts";

type Whose = keyof KeptBudget["reached"];

/**
 * Pauses the conversation before a call of the model for which there is no budget. It may be exceeded by the call
 * before, and the budget of a principal by calls of other conversations at the same time. Whoever starts the
 * conversation again begins that budget again, unless it is final.
 */
export class BudgetExtension implements LoopExtension {
  readonly name = "budget";
  readonly #parts: BuiltInParts;
  #kept: KeptBudget = readKeptBudget(undefined);
  #principal: string | null = null;
  #release: (() => void) | null = null;
  /** The moment up to which the run is measured, in milliseconds since 1970. */
  #measuredUntil = 0;

  constructor(parts: BuiltInParts) {
    this.#parts = parts;
  }

  async start(): Promise<undefined> {
    const { host, context } = this.#parts;
    const [record] = await context.store.conversations.find([host.conversationId], ["budget"]);
    this.#kept = readKeptBudget(record?.documents.budget);
    if (context.budgets?.principal === undefined || record?.createdBy == null) return;
    this.#principal = record.createdBy;
    this.#release = context.principalSpending.hold(record.createdBy);
  }

  /**
   * Counts a step of a sub-agent as one of this agent, whose model has not been called for it. Resolves with the reason
   * against it when a budget is used up. The agent itself is paused by that when its turn comes.
   */
  async judgeStepOfSubAgent({ stats }: Pick<ConversationState, "stats">): Promise<Error | undefined> {
    this.#measure();
    const { conversation, principal } = this.#parts.context.budgets ?? {};
    const own = conversation && reachedOf(conversation, this.#spent(stats), this.#kept.base);
    if (own !== undefined) return new MaxBudgetReached("conversation", own, conversation?.final === true);
    if (principal !== undefined && this.#principal !== null) {
      const { spent, base } = await this.#parts.context.principalSpending.total(this.#principal);
      const reached = reachedOf(principal, spent, base);
      if (reached !== undefined) return new MaxBudgetReached("principal", reached, principal.final === true);
    }
    this.#kept.steps += 1;
    this.#keepWithEvents();
    return undefined;
  }

  beforeRun(): void {
    this.#measuredUntil = this.#parts.context.clock.now();
  }

  async beforeModel({ state }: LoopContext): Promise<ModelVerdict | undefined> {
    this.#measure();
    const { conversation, principal } = this.#parts.context.budgets ?? {};
    const verdict =
      (conversation && (await this.#judgeConversation(conversation, this.#spent(state.stats)))) ??
      (principal && (await this.#judgePrincipal(principal)));
    if (verdict !== undefined) return verdict;
    this.#kept.steps += 1;
    this.#keepWithEvents();
    return undefined;
  }

  /** Counts the time of the tool, also for a process that ends before the run. */
  afterTool(): undefined {
    this.#measure();
    this.#keepWithEvents();
  }

  /** A run may end at any point: interrupted, failed, or waiting for the user. */
  async afterRun(): Promise<void> {
    this.#measure();
    await this.#keep();
  }

  close(): void {
    this.#release?.();
  }

  async #judgeConversation(budget: Budget, spent: Spending): Promise<ModelVerdict | undefined> {
    const reached = reachedOf(budget, spent, this.#kept.base);
    if (reached !== undefined && !this.#goesOn("conversation", budget)) {
      return this.#pause("conversation", reached, budget);
    }
    if (reached !== undefined) this.#kept.base = spent;
    this.#kept.reached.conversation = false;
    return undefined;
  }

  async #judgePrincipal(budget: Budget): Promise<ModelVerdict | undefined> {
    if (this.#principal === null) return undefined;
    const spending = this.#parts.context.principalSpending;
    const { spent, base } = await spending.total(this.#principal);
    const reached = reachedOf(budget, spent, base);
    if (reached !== undefined && !this.#goesOn("principal", budget)) {
      return this.#pause("principal", reached, budget);
    }
    if (reached !== undefined) await spending.restart(this.#principal, spent);
    this.#kept.reached.principal = false;
    return undefined;
  }

  #spent(stats: ConversationState["stats"]): Spending {
    const { steps, seconds } = this.#kept;
    return { ...spentOnModels(stats), steps, seconds };
  }

  /** Whether the user has started the conversation again after it was paused for this budget. */
  #goesOn(whose: Whose, { final = false }: Budget): boolean {
    return this.#kept.reached[whose] && !final;
  }

  async #pause(whose: Whose, reached: Reached, { final = false }: Budget): Promise<ModelVerdict> {
    this.#kept.reached[whose] = true;
    await this.#keep();
    return { stop: "paused", events: [errorEvent(new MaxBudgetReached(whose, reached, final))] };
  }

  /** Adds the time of the run since it was measured last. */
  #measure(): void {
    const now = this.#parts.context.clock.now();
    this.#kept.seconds += (now - this.#measuredUntil) / 1000;
    this.#measuredUntil = now;
  }

  /** Not awaited: it shares the commit of the events that follow, and if it fails, those are refused too. */
  #keepWithEvents(): void {
    this.#keep().catch(() => {});
  }

  #keep(): Promise<void> {
    return this.#parts.keepDocument("budget", JSON.stringify(this.#kept));
  }
}
