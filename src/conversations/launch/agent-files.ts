import type { Agent, Skill } from "../../wire/agent/agent.ts";
import type { AgentContext } from "../../wire/agent/agent-context.ts";
import type { AgentDefinition } from "../../wire/agent/agent-definition.ts";
import type { StartConversationRequest } from "../../wire/conversation-request.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import type { ResolvedProfile } from "./agent-profiles.ts";

/** The files that agents are completed from. What of them cannot be read is logged and left out. */
export interface AgentFiles {
  /** Reads the skills of the user and the public ones, as far as they are asked for; those of the user win. */
  sharedSkills(asked: SharedSources): Promise<Skill[]>;
  /** Reads the skills of the project that an agent works on, from its machine. */
  projectSkills(workspace: Workspace): Promise<Skill[]>;
  /** Reads the notes of an agent about its user and its project, from its machine. undefined without any. */
  memory(workspace: Workspace): Promise<string | undefined>;
  /** Reads the sub-agents of the project, from its machine, then those of the user, then those of every server. */
  subAgents(workspace: Workspace): Promise<AgentDefinition[]>;
  /** Reads the identity that the user has written down for agents. undefined without one. */
  soul(): Promise<string | undefined>;
}

/** The sources of skills that belong to no project. */
export type SharedSources = Pick<
  AgentContext,
  "load_user_skills" | "load_public_skills" | "marketplace_path"
>;

/** The skills of the user alone. */
export const SKILLS_OF_USER: SharedSources = {
  load_user_skills: true,
  load_public_skills: false,
  marketplace_path: "marketplaces/default.json",
};

/** The skills of the user and public ones that the agent of a start request asks for. */
export async function requestedSkills(
  request: StartConversationRequest,
  profile: ResolvedProfile | undefined,
  files: AgentFiles | undefined,
): Promise<Skill[]> {
  const { agent_context: context } = profile?.settings ?? request.agent ?? request.agent_settings ?? {};
  if (context == null || files === undefined) return [];
  return context.load_user_skills || context.load_public_skills ? files.sharedSkills(context) : [];
}

/**
 * The agent with the skills of its project, which win over those it has. The same agent when it asks for none, or none
 * is new.
 */
export async function withProjectSkills(
  agent: Agent,
  workspace: Workspace,
  files: AgentFiles | undefined,
): Promise<Agent> {
  const context = agent.agent_context;
  if (context === null || files === undefined || !context.load_project_skills) return agent;
  const project = await files.projectSkills(workspace);
  if (project.length === 0) return agent;
  return { ...agent, agent_context: { ...context, skills: mergedSkills(project, context.skills, context) } };
}

/** The first skill of each name, without those that are disabled. */
export function mergedSkills(
  first: readonly Skill[],
  second: readonly Skill[],
  { disabled_skills: disabled }: Pick<AgentContext, "disabled_skills">,
): Skill[] {
  const taken = new Set(disabled);
  return [...first, ...second].filter(({ name }) => !taken.has(name) && taken.add(name));
}
