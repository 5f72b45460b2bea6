import {
  AGENT_ISSUE_LABELS,
  INFRASTRUCTURE_LABELS,
  USER_FOLLOWUP_LABELS,
} from "../../wire/agent/critic-labels.ts";

/** Probability below which a feature is not shown. */
const SHOWN = 0.2;
const SENTIMENT = "sentiment_";

/** A feature that a critic has found in the work. */
export interface Feature {
  name: string;
  display_name: string;
  probability: number;
}

/** The findings of a critic by what they are about, the likeliest first. */
export interface Features {
  sentiment: { predicted: string; probability: number; all: Record<string, number> } | null;
  agent_behavioral_issues: Feature[];
  user_followup_patterns: Feature[];
  infrastructure_issues: Feature[];
  other: Feature[];
}

type Category = Exclude<keyof Features, "sentiment">;

const CATEGORIES: ReadonlyMap<string, Category> = new Map<string, Category>([
  ...AGENT_ISSUE_LABELS.map((label) => [label, "agent_behavioral_issues"] as const),
  ...USER_FOLLOWUP_LABELS.map((label) => [label, "user_followup_patterns"] as const),
  ["follow_up_timing", "user_followup_patterns"],
  ...INFRASTRUCTURE_LABELS.map((label) => [label, "infrastructure_issues"] as const),
]);

/** Labels that describe the task, not the work. */
const CONTEXT: ReadonlySet<string> = new Set(["success", "user_goal_summary", "overall_sentiment"]);

/** Sorts the labels of a classifier by what they are about. */
export function toFeatures(probabilities: ReadonlyMap<string, number>): Features {
  const features: Features = {
    sentiment: sentimentIn(probabilities),
    agent_behavioral_issues: [],
    user_followup_patterns: [],
    infrastructure_issues: [],
    other: [],
  };
  for (const [name, probability] of probabilities) {
    if (name.startsWith(SENTIMENT) || CONTEXT.has(name) || probability < SHOWN) continue;
    const display_name = name.split("_").map(capitalized).join(" ");
    features[CATEGORIES.get(name) ?? "other"].push({ name, display_name, probability });
  }
  for (const category of [
    "agent_behavioral_issues",
    "user_followup_patterns",
    "infrastructure_issues",
    "other",
  ] as const) {
    features[category].sort((one, other) => other.probability - one.probability);
  }
  return features;
}

/** The values of the service are weights: together they make 1. */
function sentimentIn(probabilities: ReadonlyMap<string, number>): Features["sentiment"] {
  const weights = [...probabilities].filter(([name]) => name.startsWith(SENTIMENT));
  const sum = weights.reduce((total, [, weight]) => total + Math.exp(weight), 0);
  const all = weights.map(
    ([name, weight]) => [name.slice(SENTIMENT.length), Math.exp(weight) / sum] as const,
  );
  const [first, ...others] = all;
  if (first === undefined) return null;
  const [name, probability] = others.reduce((best, each) => (each[1] > best[1] ? each : best), first);
  return { predicted: capitalized(name), probability, all: Object.fromEntries(all) };
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
