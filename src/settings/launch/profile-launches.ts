import type { Clock } from "../../clock.ts";
import { AgentServerError } from "../../errors.ts";
import type { Cipher } from "../../secrets/cipher.ts";
import type { LlmConfig } from "../../wire/agent/llm-config.ts";
import type { LaunchedAgentProfile } from "../../wire/conversation.ts";
import type { AgentSettings } from "../../wire/settings/agent/agent-settings.ts";
import type { AgentProfile, OpenHandsProfile } from "../../wire/settings/agent-profiles/agent-profile.ts";
import type { ProfileDiagnostics } from "../../wire/settings/agent-profiles/diagnostics.ts";
import { profileName } from "../../wire/settings/llm-profiles.ts";
import type { StoredSettings } from "../../wire/settings/stored-settings.ts";
import { AGENT_PROFILES, infosOf, SUMMARIES } from "../agent-profiles/agent-profile-collection.ts";
import { resolveConnection } from "../connections/resolve-connection.ts";
import { LLM_PROFILES } from "../llm-profiles/profile-collection.ts";
import { canonicalProfileName } from "../profiles/profile-names.ts";
import { soundProfile } from "../profiles/profile-rules.ts";
import { openSent } from "../server-settings/open-sent.ts";
import type { ServerSettings } from "../server-settings/server-settings.ts";
import { chosenServers, findReferences, type LaunchStores } from "./find-references.ts";
import { invalidLaunch, unreadable } from "./launch-error.ts";
import { previewLaunch, type ToolUse } from "./preview-launch.ts";
import { type OfferedSkill, type ProfileParts, settingsOfProfile } from "./settings-of-profile.ts";

/** Maximum number of characters of a wrong name that its error repeats. */
const MAX_SHOWN = 100;

/** The judgement of conversations on an agent. */
export interface LaunchTrial {
  useOf(tool: string): ToolUse;
  /** The reason for which an agent of such settings would not be launched at a moment; undefined when it would. */
  refusalOf(settings: AgentSettings, now: string): Promise<string | undefined>;
}

export interface ProfileLaunchesOptions extends LaunchStores {
  /** Opens the tokens that clients send back. */
  cipher: Cipher | undefined;
  clock: Pick<Clock, "now">;
  settings(): Promise<ServerSettings>;
  trial: LaunchTrial;
  /** Reads the skills that agents of profiles may have. Public ones are fetched only if they are asked for. */
  skills(asked: { isPublic: boolean }): Promise<readonly OfferedSkill[]>;
}

/** Agent profiles and LLM profiles as conversations use them: with everything that they refer to. Changes nothing. */
export class ProfileLaunches {
  readonly #options: ProfileLaunchesOptions;

  constructor(options: ProfileLaunchesOptions) {
    this.#options = options;
  }

  /**
   * Reads a profile by its id. `llmProfile` replaces the model that it refers to.
   *
   * @throws AgentServerError `not_found`; `unprocessable` for references to nothing, all at once; `damaged` for what
   * cannot be read.
   */
  async resolve(
    id: string,
    llmProfile: string | null,
  ): Promise<{ settings: AgentSettings; launched: LaunchedAgentProfile }> {
    const profile = await this.#byId(id);
    if (llmProfile !== null && profile.agent_kind === "acp") {
      throw invalidLaunch(
        "agent_launch_additions.llm_profile_ref applies only to an OpenHands Agent Profile",
      );
    }
    const settings = settingsOfProfile(profile, await this.partsOf(profile, llmProfile));
    const { revision, secret_refs } = profile;
    return {
      settings,
      launched: { agent_profile_id: profile.id, revision, secret_refs, llm_profile_ref: llmProfile },
    };
  }

  /** Reads what a profile refers to, and the other parts of its settings. Throws as `resolve`. */
  async partsOf(profile: AgentProfile, llmProfile: string | null): Promise<ProfileParts> {
    const settings = await (await this.#options.settings()).read();
    return {
      references: await findReferences(profile, settings, { ...this.#options, llmProfile }),
      skills:
        profile.agent_kind === "acp" ? [] : await this.#options.skills({ isPublic: wantsPublic(profile) }),
      criticKey: criticKeyOf(settings),
    };
  }

  /**
   * The model of an LLM profile, with the key and address of its provider connection.
   *
   * @throws AgentServerError `not_found`; `bad_request` for a name that is not one, and a profile that cannot be read;
   * `unprocessable` for a provider connection that does not exist.
   */
  async model(name: string): Promise<LlmConfig> {
    const { documents, connections } = this.#options;
    const key = canonicalProfileName(name);
    if (!profileName().safeParse(key).success) {
      const shown = JSON.stringify(name.slice(0, MAX_SHOWN));
      throw new AgentServerError(
        "bad_request",
        `Invalid profile name: ${shown}. It has 1 to 64 letters, digits, '.', '_' and '-', and begins with a letter or digit.`,
      );
    }
    const stored = await documents.read(LLM_PROFILES, key);
    return resolveConnection(soundProfile(stored, "Profile", name), connections, name);
  }

  /** Tells what the launch of a profile would do, stored or not. Makes nothing. */
  async preview(profile: AgentProfile): Promise<ProfileDiagnostics> {
    const settings = await (await this.#options.settings()).read();
    const { found } = chosenServers(settings.agent_settings.mcp_config, profile.mcp_server_refs);
    const { trial, clock } = this.#options;
    const now = new Date(clock.now()).toISOString().replace("Z", "000Z");
    return previewLaunch({
      profile,
      mcpServers: Object.keys(found),
      parts: () => this.partsOf(profile, null),
      useOf: trial.useOf,
      refusalOf: (built) => trial.refusalOf(built, now),
      now,
      loadsMemory: settings.agent_settings.agent_context?.load_memory ?? false,
    });
  }

  /**
   * A model that a client sent, with its tokens opened and the key and address of its provider connection.
   *
   * @throws AgentServerError `unprocessable` for a provider connection that does not exist.
   */
  async sentModel(llm: LlmConfig): Promise<LlmConfig> {
    const { cipher, connections } = this.#options;
    return resolveConnection(openSent(llm, { cipher, field: "llm" }), connections);
  }

  async #byId(id: string): Promise<AgentProfile> {
    const { documents } = this.#options;
    const found = infosOf(await documents.list(SUMMARIES)).find((info) => info.id === id);
    const stored = found === undefined ? null : await documents.read(AGENT_PROFILES, found.name);
    if (stored === null) throw new AgentServerError("not_found", `Agent profile with id '${id}' not found`);
    if (stored.damage !== null) throw unreadable("agent profile", stored.damage);
    return stored.value;
  }
}

function wantsPublic({ public_skills: chosen }: OpenHandsProfile): boolean {
  return chosen === null || chosen.length > 0;
}

function criticKeyOf({ agent_settings: agent }: StoredSettings): string | null {
  return agent.agent_kind === "openhands" ? agent.verification.critic_api_key : null;
}
