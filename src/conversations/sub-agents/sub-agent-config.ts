/** How a sub-agent works for the conversation that has started it. A part of the document "config". */
export interface SubAgentConfig {
  /** Id of its task, unique among those of its parent. */
  task_id: string;
  /** Name of its definition. */
  name: string;
  /** 1 for a sub-agent of a conversation that is not one itself. */
  depth: number;
  /** Id of the conversation whose machine and folder it works with: the first of the line. */
  machine: string;
  /** Id under which providers keep its prompts: that of its parent, whose prompts begin alike. */
  cache_id: string;
  /** US dollars that it may use for one task. null without a limit. */
  max_budget: number | null;
  /** Whether its actions are confirmed by the policy of its parent. */
  inherits_policy: boolean;
}
