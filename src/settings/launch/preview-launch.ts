import { AgentServerError, messageOf } from "../../errors.ts";
import { isObject } from "../../is-object.ts";
import { redactSecrets } from "../../secrets/secret-fields.ts";
import type { ToolSpec } from "../../wire/agent/agent.ts";
import type { AgentSettings } from "../../wire/settings/agent/agent-settings.ts";
import { toolsOrDefault } from "../../wire/settings/agent/tools-of-settings.ts";
import type { AgentProfile } from "../../wire/settings/agent-profiles/agent-profile.ts";
import {
  type ProfileDiagnostics,
  profileDiagnostics,
} from "../../wire/settings/agent-profiles/diagnostics.ts";
import { acpSecretNames } from "./acp-secrets.ts";
import { problemsOf } from "./launch-error.ts";
import { type ProfileParts, selectedSkills, settingsOfProfile } from "./settings-of-profile.ts";

/** The tools that not every machine can run. Agents are launched without them there. */
const BROWSER = "browser_tool_set";

/** Whether a server has a tool: agents are launched without an absent one, and not at all with an unknown one. */
export type ToolUse = "usable" | "absent" | "unknown";

export interface PreviewParts {
  profile: AgentProfile;
  /** Names of the MCP servers that the profile selects and the settings have. */
  mcpServers: string[];
  /** Reads what the profile refers to. */
  parts(): Promise<ProfileParts>;
  useOf(tool: string): ToolUse;
  /** The reason for which the server would not launch an agent of such settings; undefined when it would. */
  refusalOf(settings: AgentSettings): Promise<string | undefined>;
  /** UTC with Z. */
  now: string;
  loadsMemory: boolean;
}

/** Tells what the launch of a profile would do. It does not throw: what would stop the launch is in the answer. */
export async function previewLaunch(preview: PreviewParts): Promise<ProfileDiagnostics> {
  const report = firstReport(preview);
  let parts: ProfileParts;
  try {
    parts = await preview.parts();
  } catch (error) {
    return { ...report, errors: [...report.errors, failed(error)] };
  }
  const found = { ...report, ...foundIn(parts, preview.profile) };
  const problems = problemsOf(parts.references.dangling);
  if (problems.length > 0) return { ...found, errors: [...report.errors, ...problems] };
  return withSettings(found, parts, preview);
}

function firstReport({ profile, mcpServers, useOf }: PreviewParts): ProfileDiagnostics {
  const { agent_kind, mcp_server_refs, secret_refs } = profile;
  const shared = { agent_kind, mcp_server_refs, secret_refs, resolved_mcp_config_keys: mcpServers };
  if (profile.agent_kind === "acp") return filled({ ...shared, ...acpSecretNames(profile) });
  const tools = profile.tools?.map(({ name }) => name) ?? [BROWSER];
  const unknown = tools.filter((name) => useOf(name) === "unknown");
  return filled({
    ...shared,
    llm_profile_ref: profile.llm_profile_ref,
    disabled_skills: profile.disabled_skills,
    public_skills: profile.public_skills,
    meta_profile_ref: profile.meta_profile_ref,
    unusable_tools: tools.filter((name) => useOf(name) !== "usable"),
    errors: unknown.length === 0 ? [] : [`Tool(s) this server cannot run: ${unknown.join(", ")}`],
  });
}

function foundIn(
  { references: { llm, dangling }, skills }: ProfileParts,
  profile: AgentProfile,
): Partial<ProfileDiagnostics> {
  return {
    dangling_mcp_server_refs: dangling.mcpServers,
    dangling_meta_profile_ref: dangling.metaProfile,
    dangling_meta_profile_llm_refs: dangling.metaProfileLlms,
    llm_profile_resolved: llm !== null,
    llm_api_key_set: Boolean(llm?.api_key?.trim()),
    resolved_skills:
      profile.agent_kind === "openhands" && llm !== null
        ? selectedSkills(profile, skills).map(({ name }) => name)
        : [],
  };
}

async function withSettings(
  report: ProfileDiagnostics,
  parts: ProfileParts,
  preview: PreviewParts,
): Promise<ProfileDiagnostics> {
  if (report.errors.length > 0) return report;
  let settings: AgentSettings;
  try {
    settings = settingsOfProfile(preview.profile, parts);
  } catch (error) {
    return { ...report, errors: [failed(error)] };
  }
  const refusal = await preview.refusalOf(settings);
  if (refusal !== undefined) return { ...report, errors: [failed(refusal)] };
  return { ...report, valid: true, resolved_settings: shown(settings, preview) };
}

function shown(settings: AgentSettings, { now, loadsMemory, useOf }: PreviewParts): Record<string, unknown> {
  const context = settings.agent_context;
  const moment = settings.agent_kind === "acp" ? null : now;
  return redactSecrets(
    {
      ...settings,
      ...(settings.agent_kind === "acp"
        ? {}
        : {
            tools: withBrowser(settings.tools, useOf(BROWSER) === "usable"),
          }),
      agent_context: context && {
        ...context,
        current_datetime: context.current_datetime === undefined ? moment : context.current_datetime,
        load_memory: context.load_memory || loadsMemory,
      },
    },
    "asterisks",
  );
}

/** As a launch does: a browser that is not there is left out, and one that is there is among the default tools. */
function withBrowser(named: readonly ToolSpec[] | null, isUsable: boolean): readonly ToolSpec[] {
  const tools = toolsOrDefault(named);
  if (!isUsable) return tools.filter(({ name }) => name !== BROWSER);
  return named === null ? tools.toSpliced(-1, 0, { name: BROWSER, params: {} }) : tools;
}

function filled(report: Partial<ProfileDiagnostics> & { agent_kind: string }): ProfileDiagnostics {
  return profileDiagnostics().parse(report);
}

function failed(error: unknown): string {
  const detail = AgentServerError.is(error) ? error.detail : undefined;
  const reason = isObject(detail) && typeof detail.message === "string" ? detail.message : undefined;
  return `Failed to build agent settings: ${reason ?? messageOf(error)}`;
}
