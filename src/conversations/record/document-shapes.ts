import { z } from "zod";
import { confirmationPolicy } from "../../wire/agent/policies.ts";

/**
 * The named JSON texts that a conversation is kept in, split by how often they change and what reads them.
 *
 * - `config`: the parts of the start request that stay. Written once.
 * - `agent`, `secrets`: sealed; written when they change.
 * - `shown_agent`: the agent as routes show it, without secrets and skills, so that lists need not remove them.
 * - `state`: small fields that change while the conversation goes on. Sealed.
 * - `stats`: accumulated figures. `calls`: the lists of single calls, bounded, written at the end of a run.
 *
 * Status, title, times and HEAD are columns of the record.
 */
export type DocumentName = "config" | "agent" | "shown_agent" | "secrets" | "state" | "stats" | "calls";

const object = z.looseObject({});
const texts = z.array(z.string());
const textsByName = z.record(z.string(), z.string());
const objects = z.array(object);

/** The first two levels of an agent. Its own schema is for requests: it may refuse what an older server has stored. */
const agent = z.looseObject({
  kind: z.string(),
  llm: z.looseObject({ model: z.string(), usage_id: z.string() }),
  tools: z.array(z.looseObject({ name: z.string() })),
  mcp_config: object,
  include_default_tools: texts,
  agent_context: z.looseObject({ skills: objects }).nullable(),
  condenser: object.nullable(),
});

/**
 * The shapes that readers of the documents rely on. What does not fit is damaged. Further keys are kept, and keys that
 * were added later may be missing.
 */
export const DOCUMENT_SHAPES: Readonly<Record<DocumentName, z.ZodType>> = {
  config: z.looseObject({
    workspace: z.looseObject({ working_dir: z.string() }),
    max_iterations: z.number(),
    stuck_detection: z.boolean(),
    client_tools: objects,
    hook_config: object.nullable(),
    launched_agent_profile: object.nullable(),
  }),
  agent,
  shown_agent: agent,
  secrets: z.record(z.string(), z.looseObject({ kind: z.string() })),
  state: z
    .looseObject({
      confirmation_policy: confirmationPolicy,
      security_analyzer: z.looseObject({ kind: z.string() }).nullable(),
      activated_knowledge_skills: texts,
      activated_path_rules: texts,
      invoked_skills: texts,
      blocked_actions: textsByName,
      blocked_messages: textsByName,
      last_user_message_id: z.string().nullable(),
      head_is_empty: z.boolean(),
      tags: textsByName,
      agent_state: object,
      hook_config: object.nullable(),
    })
    .partial(),
  stats: z.looseObject({
    usage_to_metrics: z.record(
      z.string(),
      z.looseObject({ model_name: z.string(), accumulated_cost: z.number() }),
    ),
  }),
  calls: z.record(
    z.string(),
    z.looseObject({ costs: objects, response_latencies: objects, token_usages: objects }),
  ),
};
