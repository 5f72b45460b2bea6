import { AgentServerError } from "../../errors.ts";
import { agentSettings } from "../../wire/settings/agent/agent-settings.ts";
import type { AgentProfile } from "../../wire/settings/agent-profiles/agent-profile.ts";
import type { AgentProfileInfo, AgentProfileList } from "../../wire/settings/agent-profiles/answers.ts";
import type { StoredSettings } from "../../wire/settings/stored-settings.ts";
import type { Documents } from "../documents/documents.ts";
import type { Edit } from "../documents/edit.ts";
import { canonicalProfileName } from "../profiles/profile-names.ts";
import { refuseTooMany, soundProfile } from "../profiles/profile-rules.ts";
import { SETTINGS, SETTINGS_NAME } from "../server-settings/settings-collection.ts";
import { ensureActive } from "./active-agent-profile.ts";
import { AGENT_PROFILES, infosOf, SUMMARIES } from "./agent-profile-collection.ts";

/** These profiles in errors. */
const LABEL = "Agent profile";

/** The agents that can be launched, by name. One of them is active. */
export class AgentProfiles {
  readonly #documents: Documents;

  constructor(documents: Documents) {
    this.#documents = documents;
  }

  /**
   * Lists the profiles by the names of the reference's files. Without an active one, one is made active, or even made.
   */
  async list(): Promise<AgentProfileList> {
    const before = await this.#listed();
    if (before.profiles.some(({ id }) => id !== null && id === before.active_agent_profile_id)) return before;
    await this.#documents.edit(ensureActive);
    return this.#listed();
  }

  /** @throws AgentServerError `not_found`, or `bad_request` for one that cannot be read. */
  async get(name: string): Promise<AgentProfile> {
    return soundProfile(await this.#documents.read(AGENT_PROFILES, canonicalProfileName(name)), LABEL, name);
  }

  /**
   * Saves a profile in place of the one of that name, whose id it keeps; a new one gets a new id.
   *
   * @throws AgentServerError `conflict` when there are too many, or the stored one of that name is damaged.
   */
  async save(name: string, profile: AgentProfile): Promise<void> {
    const key = canonicalProfileName(name);
    await this.#documents.edit(async (edit) => {
      const infos = infosOf(await edit.list(SUMMARIES));
      const former = infos.find((info) => info.name === key);
      await refuseTooMany(edit, SUMMARIES, { key, label: LABEL });
      await edit.put(AGENT_PROFILES, key, { ...profile, name: key, ...identityAfter(former, profile) });
    });
  }

  /** Removes a profile. When it was the active one, another takes its place, and settings for another program end. */
  async remove(name: string): Promise<void> {
    const key = canonicalProfileName(name);
    const wasActive = await this.#documents.edit(async (edit) => {
      const info = infosOf(await edit.list(SUMMARIES)).find((one) => one.name === key);
      await edit.remove(AGENT_PROFILES, key);
      const settings = (await edit.read(SETTINGS, SETTINGS_NAME))?.value;
      const active = settings?.active_agent_profile_id;
      if (settings == null || active == null || active !== info?.id) return false;
      await edit.put(SETTINGS, SETTINGS_NAME, withoutAgentProfile(settings));
      return true;
    });
    if (wasActive) await this.#documents.edit(ensureActive);
  }

  /**
   * Gives a profile another name. It keeps its id, so it stays active if it was.
   *
   * @throws AgentServerError `not_found`, or `conflict` when the new name is taken.
   */
  async rename(name: string, newName: string): Promise<void> {
    const [from, to] = [canonicalProfileName(name), canonicalProfileName(newName)];
    await this.#documents.edit(async (edit) => {
      const profile = soundProfile(await edit.read(SUMMARIES, from), LABEL, name);
      if (from === to) return;
      if ((await edit.read(SUMMARIES, to)) !== null)
        throw new AgentServerError("conflict", `Agent profile '${newName}' already exists`);
      await edit.put(SUMMARIES, to, { ...profile, name: to });
      await edit.remove(SUMMARIES, from);
    });
  }

  /**
   * Makes a profile the active one. The agent of the settings stays as it is.
   *
   * @throws AgentServerError `not_found`; `damaged` for settings that cannot be read.
   */
  async activate(id: string): Promise<void> {
    await this.#documents.edit(async (edit) => {
      if (!(await hasAgentProfile(id, edit)))
        throw new AgentServerError("not_found", `Agent profile with id '${id}' not found`);
      const stored = await edit.read(SETTINGS, SETTINGS_NAME);
      if (stored !== null && stored.damage !== null)
        throw new AgentServerError("damaged", "Failed to activate agent profile");
      const settings = stored?.value ?? SETTINGS.schema.parse({});
      await edit.put(SETTINGS, SETTINGS_NAME, { ...settings, active_agent_profile_id: id });
    });
  }

  async #listed(): Promise<AgentProfileList> {
    const settings = await this.#documents.read(SETTINGS, SETTINGS_NAME);
    const profiles = infosOf(await this.#documents.list(SUMMARIES));
    return { profiles, active_agent_profile_id: settings?.value?.active_agent_profile_id ?? null };
  }
}

/** Tells whether there is such a profile, and holds it as it is until the end of the edit. */
export async function hasAgentProfile(id: string, edit: Edit): Promise<boolean> {
  const found = infosOf(await edit.list(SUMMARIES)).find((info) => info.id === id);
  if (found === undefined) return false;
  await edit.touch(SUMMARIES, found.name);
  return true;
}

function identityAfter(
  former: AgentProfileInfo | undefined,
  { revision }: AgentProfile,
): Pick<AgentProfile, "id" | "revision"> {
  const id = former?.id ?? null;
  return id === null ? { id: crypto.randomUUID(), revision } : { id, revision: (former?.revision ?? 0) + 1 };
}

/**
 * Settings of another program would outlive the profile that they came with. The MCP servers belong to every profile.
 */
function withoutAgentProfile(settings: StoredSettings): StoredSettings {
  const { agent_settings: agent } = settings;
  const pointless = { ...settings, active_agent_profile_id: null };
  if (agent.agent_kind === "openhands") return pointless;
  return { ...pointless, agent_settings: agentSettings.parse({ mcp_config: agent.mcp_config }) };
}
