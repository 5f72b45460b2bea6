import type { Agent, AgentContext, Skill } from "../../wire/agent/agent.ts";
import type { ClientToolSpec } from "../../wire/agent/tool-definition.ts";
import type { StartConversationRequest } from "../../wire/conversation-request.ts";
import { inZoneOf } from "../../wire/datetime.ts";
import { acpAgentOfSettings } from "../../wire/settings/agent/acp-agent-of-settings.ts";
import { agentOfSettings, emptyContext } from "../../wire/settings/agent/agent-of-settings.ts";
import { mergedSkills } from "../launch/agent-files.ts";

/** The facts of a launch that its request does not have. */
export interface Moment {
  /** UTC with Z. */
  now: string;
  /** Whether the agent is asked to load its memory, whatever the request says. */
  loadsMemory: boolean;
  /** Skills of the user and public ones, if the agent asks for them. */
  sharedSkills: readonly Skill[];
  /** Where agents that are other programs have their skills from. */
  acpSkillSourcing: AcpSkillSourcing;
}

/**
 * Where an agent that is another program has its skills from: it reads those of its user and project itself (`native`),
 * or gets those of the server, too (`openhands_managed`).
 */
export type AcpSkillSourcing = "native" | "openhands_managed";

/** Returns the agent of a start request: `agent` as it is, or one built from `agent_settings`. */
export function requestedAgent(
  request: StartConversationRequest,
  { now, loadsMemory, sharedSkills, acpSkillSourcing }: Moment,
): Agent {
  const chosen = withMoment(withSharedSkills(chosenAgent(request, now), sharedSkills), now);
  const agent = withClientTools(loadsMemory ? withMemory(chosen, now) : chosen, request.client_tools);
  const { system_message_suffix_append: suffix, skills } = request.agent_launch_additions ?? {};
  const informed = skills ? withSkills(agent, skills, now) : agent;
  const skilled = acpSkillSourcing === "native" ? withOwnSkills(informed) : informed;
  const addition = suffix?.trim();
  return addition ? withSuffix(skilled, addition, now) : skilled;
}

/** Another program reads the skills of its user itself, and would have those of this server twice. */
function withOwnSkills(agent: Agent): Agent {
  const context = agent.agent_context;
  if (agent.kind === "Agent" || context === null) return agent;
  const none = {
    skills: [],
    load_user_skills: false,
    load_public_skills: false,
    registered_marketplaces: [],
  };
  return { ...agent, agent_context: { ...context, ...none } };
}

/** The context of an agent that has none: another program knows the time itself. */
function newContext({ kind }: Agent, now: string): AgentContext {
  return { ...emptyContext(now), current_datetime: kind === "Agent" ? now : null };
}

/** Fills the names that the agent's own skills leave free, and takes out those that it has disabled. */
function withSharedSkills(agent: Agent, shared: readonly Skill[]): Agent {
  const context = agent.agent_context;
  if (context === null) return agent;
  return { ...agent, agent_context: { ...context, skills: mergedSkills(context.skills, shared, context) } };
}

/** Adds skills under names that the agent leaves free and has not disabled. */
function withSkills(agent: Agent, added: readonly Skill[], now: string): Agent {
  const context = agent.agent_context ?? newContext(agent, now);
  const taken = new Set([...context.skills.map(({ name }) => name), ...context.disabled_skills]);
  const skills = added.filter(({ name }) => !taken.has(name) && taken.add(name));
  if (skills.length === 0) return agent;
  return { ...agent, agent_context: { ...context, skills: [...context.skills, ...skills] } };
}

function chosenAgent(request: StartConversationRequest, now: string): Agent {
  if (request.agent !== null) return request.agent;
  const { agent_settings: settings } = request;
  if (settings?.agent_kind === "acp") return acpAgentOfSettings(settings);
  if (settings !== null) return agentOfSettings(settings, now);
  throw new Error("A start request without an agent was not refused");
}

function withMemory(agent: Agent, now: string): Agent {
  const context = agent.agent_context ?? newContext(agent, now);
  return { ...agent, agent_context: { ...context, load_memory: true } };
}

/**
 * Names the client's tools among those of the agent, as the reference does: clients find all tools in one place.
 * Another program has its own tools alone.
 */
function withClientTools(agent: Agent, clientTools: readonly ClientToolSpec[]): Agent {
  if (agent.kind !== "Agent") return agent;
  const named = new Set(agent.tools.map(({ name }) => name));
  const added = clientTools
    .filter(({ name }) => !named.has(name))
    .map((spec) => ({ name: spec.name, params: { spec } }));
  return added.length === 0 ? agent : { ...agent, tools: [...agent.tools, ...added] };
}

/**
 * Fixes the date and time that the prompt shows, so that the prompt stays the same for the whole conversation. A moment
 * that the request has is an earlier one, and gives only the zone; other words stay.
 */
function withMoment(agent: Agent, now: string): Agent {
  const context = agent.agent_context;
  if (context === null) return agent;
  return {
    ...agent,
    agent_context: { ...context, current_datetime: momentOf(context.current_datetime, now) },
  };
}

/** null stays: such an agent is shown no time. */
function momentOf(given: string | null | undefined, now: string): string | null {
  if (given === null) return null;
  return given === undefined ? now : inZoneOf(given, now);
}

/** Adds a paragraph to the agent's own part of the system prompt. */
export function withSuffix(agent: Agent, addition: string, now: string): Agent {
  const context = agent.agent_context ?? newContext(agent, now);
  const suffix = context.system_message_suffix?.trim();
  const joined = suffix ? `${suffix}\n\n${addition}` : addition;
  return { ...agent, agent_context: { ...context, system_message_suffix: joined } };
}
