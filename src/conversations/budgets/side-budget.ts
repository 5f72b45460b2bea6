import { AgentServerError } from "../../errors.ts";
import type { Store } from "../../stores/store.ts";
import type { ConversationStats } from "../../wire/metrics.ts";
import {
  type Budget,
  type Budgets,
  FINAL,
  NOTHING,
  reachedOf,
  type Spending,
  spentOnModels,
  usedUp,
} from "./budget.ts";
import { readKeptBudget } from "./kept-budget.ts";
import type { PrincipalSpending } from "./principal-spending.ts";

/** The conversation that a model is called for. */
export interface SideCall {
  conversationId: string;
  createdBy: string | null;
  /** Its figures up to now. */
  stats: ConversationStats;
}

export interface SideBudgetContext {
  store: Pick<Store, "conversations">;
  budgets?: Budgets | undefined;
  principalSpending: Pick<PrincipalSpending, "total">;
}

/**
 * Refuses a call of a model outside of a run, such as a question to the agent, when cost or tokens of a final budget
 * are used up. A budget that is not final holds up no such call: the user could begin it again.
 *
 * @throws AgentServerError `too_many_requests`
 */
export async function assertSideBudget(
  { conversationId: id, createdBy, stats }: SideCall,
  { store, budgets: { conversation, principal } = {}, principalSpending }: SideBudgetContext,
): Promise<void> {
  if (conversation?.final) {
    const [record] = await store.conversations.find([id], ["budget"]);
    const { base } = readKeptBudget(record?.documents.budget);
    refuseBeyond("conversation", conversation, { spent: { ...NOTHING, ...spentOnModels(stats) }, base });
  }
  if (principal?.final && createdBy !== null) {
    refuseBeyond("principal", principal, await principalSpending.total(createdBy));
  }
}

function refuseBeyond(
  whose: keyof Budgets,
  { cost, tokens }: Budget,
  { spent, base }: { spent: Spending; base: Spending },
): void {
  const reached = reachedOf({ cost, tokens }, spent, base);
  if (reached === undefined) return;
  throw new AgentServerError("too_many_requests", `${usedUp(whose, reached)} ${FINAL}`);
}
