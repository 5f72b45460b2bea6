import { z } from "zod";

/** A judge's opinion on a goal. */
export const goalVerdict = z.object({
  score: z.number().min(0).max(1),
  complete: z.boolean(),
  missing: z.string(),
});
export type GoalVerdict = z.output<typeof goalVerdict>;

/** The value of state updates with the key `goal`. */
export const goalStatus = z.object({
  active: z.boolean(),
  status: z.enum(["running", "complete", "capped", "interrupted"]),
  iteration: z.int().min(0),
  max_iterations: z.int().min(1),
  objective: z.string(),
  verdict: goalVerdict.nullish().transform((verdict) => verdict ?? null),
});
export type GoalStatus = z.output<typeof goalStatus>;

export const startGoalRequest = z
  .object({
    objective: z.string().describe("What the agent is to reach, for it and for the judge"),
    max_iterations: z.int().min(1).default(10).describe("Number of judgements after which the loop ends"),
  })
  .meta({ id: "StartGoalRequest" });
