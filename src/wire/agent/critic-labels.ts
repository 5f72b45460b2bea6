/** The tokenizer in whose chat format critics are asked. */
export const QWEN = "Qwen/Qwen3-4B-Instruct-2507";

/** Labels that the critic's classifier knows, by what they are about. Clients are shown them with the critic. */
export const SENTIMENTS = {
  Positive: "sentiment_positive",
  Neutral: "sentiment_neutral",
  Negative: "sentiment_negative",
} as const;

export const SENTIMENT_LABELS = Object.values(SENTIMENTS);

export const AGENT_ISSUE_LABELS = [
  "misunderstood_intention",
  "did_not_follow_instruction",
  "insufficient_analysis",
  "insufficient_clarification",
  "improper_tool_use_or_setup",
  "loop_behavior",
  "insufficient_testing",
  "insufficient_debugging",
  "incomplete_implementation",
  "file_management_errors",
  "scope_creep",
  "risky_actions_or_permission",
  "other_agent_issue",
] as const;

export const INFRASTRUCTURE_LABELS = [
  "infrastructure_external_issue",
  "infrastructure_agent_caused_issue",
] as const;

export const USER_FOLLOWUP_LABELS = [
  "clarification_or_restatement",
  "correction",
  "direction_change",
  "vcs_update_requests",
  "progress_or_scope_concern",
  "frustration_or_complaint",
  "removal_or_reversion_request",
  "other_user_issue",
] as const;
