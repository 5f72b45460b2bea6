import type {
  ExtensionHost,
  FinishedCall,
  LoopContext,
  LoopExtension,
} from "../../../agent/loop/extension.ts";
import { ruleBlocks, skillBlocks } from "../../../agent/skills/extra-info.ts";
import { rulesFor } from "../../../agent/skills/path-rules.ts";
import { skillsCalledFor } from "../../../agent/skills/triggers.ts";
import { INVOKE_SKILL } from "../../../agent/system-prompt/skill-sections.ts";
import { textOf } from "../../../wire/events/message.ts";
import { isAbsolutePath, joinPath } from "../../../workspace/paths.ts";
import { isWithin } from "../../../workspace/place.ts";
import type { Workspace } from "../../../workspace/workspace.ts";

/**
 * Gives the agent the skills that a message of the user calls for, the rules for a file that a call has touched, each
 * once in a conversation, and the text that follows every message. Notes which skills the agent has asked for itself.
 */
export function skillsExtension({ workspace }: Pick<ExtensionHost, "workspace">): LoopExtension {
  return {
    name: "skills",
    userMessage(content, { state }) {
      const context = state.agent.agent_context;
      if (context === null) return undefined;
      const query = textOf(content, "\n").trim();
      const called =
        query === "" ? [] : skillsCalledFor(context.skills, query, state.activated_knowledge_skills);
      const suffix = context.user_message_suffix?.trim();
      const texts = [...(called.length > 0 ? [skillBlocks(called)] : []), ...(suffix ? [suffix] : [])];
      if (texts.length === 0) return undefined;
      return {
        extendedContent: [texts.join("\n")],
        activatedSkills: called.map(({ skill }) => skill.name),
      };
    },
    async afterTool(call, { state }) {
      const invoked = invokedSkill(call, state);
      if (invoked !== undefined) return { state: { invoked_skills: [...state.invoked_skills, invoked] } };
      const skills = state.agent.agent_context?.skills ?? [];
      if (!skills.some(({ trigger }) => trigger?.type === "path")) return undefined;
      const path = await touchedPath(call, workspace);
      if (path === undefined) return undefined;
      const rules = rulesFor(skills, path, state.activated_path_rules);
      if (rules.length === 0) return undefined;
      const names = rules.map(({ skill }) => skill.name);
      return {
        extendedContent: [ruleBlocks(rules)],
        state: { activated_path_rules: [...state.activated_path_rules, ...names] },
      };
    },
  };
}

/** The skill that a call has read for the first time. */
function invokedSkill({ action, result }: FinishedCall, state: LoopContext["state"]): string | undefined {
  if (action.tool_name !== INVOKE_SKILL || result.observation.is_error) return undefined;
  const { skill_name: name } = result.observation as { skill_name?: unknown };
  return typeof name === "string" && !state.invoked_skills.includes(name) ? name : undefined;
}

/** The file of the project that a call names in `path`, from the working directory. */
async function touchedPath(
  { action }: FinishedCall,
  { files, info }: Workspace,
): Promise<string | undefined> {
  const { path } = (action.action ?? {}) as { path?: unknown };
  if (typeof path !== "string" || path === "") return undefined;
  if (!isAbsolutePath(path)) return joinPath(path);
  const named = below(joinPath(info.workingDir), joinPath(path));
  if (named !== undefined) return named;
  // The working directory may have a link above it.
  const real = await Promise.all([files.realPath(info.workingDir), files.realPath(path)]).catch(() => null);
  return real === null ? undefined : below(...real);
}

function below(folder: string, path: string): string | undefined {
  return isWithin(folder, path) ? path.slice(folder.length + 1) : undefined;
}
