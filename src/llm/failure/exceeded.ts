import { LlmError } from "../llm-error.ts";
import { BUDGET, QUOTA } from "./provider-phrases.ts";

/** Whether a call failed because a budget of a proxy is used up. */
export function isBudgetExceeded(error: unknown): boolean {
  return LlmError.is(error) && says(error, BUDGET);
}

/** Whether a call failed because the account at a provider is empty, or its plan used up. */
export function isQuotaExceeded(error: unknown): boolean {
  return LlmError.is(error) && (error.status === 402 || says(error, QUOTA));
}

function says({ message }: LlmError, phrases: readonly string[]): boolean {
  const words = message.toLowerCase();
  return phrases.some((phrase) => words.includes(phrase));
}
