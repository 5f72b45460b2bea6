import type { UsageUpdate } from "@agentclientprotocol/sdk";

/** The use of a program, as far as it says. */
export interface ReportedUse {
  /** US dollars of the whole session. */
  cost: number | null;
  /** Tokens that the model can take in; 0 when not known. */
  contextWindow: number;
}

/** The use of a program that has said nothing of it. */
export const NO_USE: ReportedUse = { cost: null, contextWindow: 0 };

/** Takes a report over. A cost that it leaves out stays as it was. */
export function useAfter(before: ReportedUse, { size, cost }: UsageUpdate): ReportedUse {
  const contextWindow = Number.isFinite(size) ? size : 0;
  const amount = cost?.amount;
  return { contextWindow, cost: typeof amount === "number" ? amount : before.cost };
}
