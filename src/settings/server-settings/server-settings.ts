import type { Clock } from "../../clock.ts";
import { AgentServerError } from "../../errors.ts";
import type { Cipher } from "../../secrets/cipher.ts";
import { LOST_KEY_CURE } from "../../secrets/lost-key-cure.ts";
import type { LlmConfig } from "../../wire/agent/llm-config.ts";
import type { SettingsResponse, SettingsUpdate } from "../../wire/settings/settings.ts";
import { type StoredSettings, storedSettings } from "../../wire/settings/stored-settings.ts";
import type { Document } from "../documents/collection.ts";
import type { Documents } from "../documents/documents.ts";
import type { Edit } from "../documents/edit.ts";
import { patchesModel } from "./agent-settings-diff.ts";
import { applyUpdate } from "./apply-update.ts";
import { type Exposure, exposeSecrets } from "./exposure.ts";
import type { PointerTargets } from "./pointer-targets.ts";
import { SETTINGS, SETTINGS_NAME } from "./settings-collection.ts";

export interface ServerSettingsOptions {
  documents: Documents;
  /** Opens the tokens that clients send back, and makes those of answers. */
  cipher: Cipher | undefined;
  clock: Pick<Clock, "now">;
  targets: PointerTargets;
}

/** Throws when the settings do not allow a change. */
export type CheckSettings = (settings: StoredSettings) => void;

/** The settings of a server: of its agents, of new conversations, and of clients. */
export class ServerSettings {
  readonly #options: ServerSettingsOptions;

  constructor(options: ServerSettingsOptions) {
    this.#options = options;
  }

  /**
   * The settings with their secrets in clear. Those that cannot be read are shown as defaults, and stay as they are.
   */
  async read(): Promise<StoredSettings> {
    return this.#orDefault(await this.#options.documents.read(SETTINGS, SETTINGS_NAME));
  }

  /**
   * The settings as an edit may change them.
   *
   * @throws AgentServerError `conflict` when they cannot be read, or have secrets that no key opens.
   */
  async readIn(edit: Edit): Promise<StoredSettings> {
    const stored = await edit.read(SETTINGS, SETTINGS_NAME);
    if (stored !== null && (stored.damage !== null || stored.lost.length > 0)) throw unreadable();
    return this.#orDefault(stored);
  }

  /** Writes the settings as a part of an edit. */
  async putIn(edit: Edit, settings: StoredSettings): Promise<void> {
    await edit.put(SETTINGS, SETTINGS_NAME, settings);
  }

  /**
   * Applies an update to the settings as they are stored at that moment, so that nothing of another update is lost.
   *
   * @throws AgentServerError `not_found` for a pointer to nothing, `unprocessable` for an invalid result, `conflict` for
   *   stored settings that must not be overwritten.
   */
  update(update: SettingsUpdate, check: CheckSettings = () => {}): Promise<StoredSettings> {
    const { documents, cipher } = this.#options;
    return documents.edit(async (edit) => {
      const profileModel = await this.#targetsOf(update, edit);
      const settings = await this.readIn(edit);
      check(settings);
      const updated = applyUpdate(settings, update, { cipher, profileModel });
      // The reason may hold a secret.
      if (updated === undefined) throw new AgentServerError("unprocessable", "Settings validation failed");
      const written = this.#withMoment(updated);
      await this.putIn(edit, written);
      return written;
    });
  }

  /**
   * Changes the settings as they are stored at that moment.
   *
   * @throws AgentServerError `conflict` for stored settings that must not be overwritten.
   */
  change(change: (settings: StoredSettings) => StoredSettings): Promise<void> {
    return this.#options.documents.edit(async (edit) => this.putIn(edit, change(await this.readIn(edit))));
  }

  /**
   * The settings as clients see them.
   *
   * @throws AgentServerError `unavailable` when secrets must be encrypted and there is no key.
   */
  show(settings: StoredSettings, exposure: Exposure): SettingsResponse {
    const { agent_settings: agent } = settings;
    return {
      agent_settings: exposeSecrets(agent, exposure, this.#options.cipher),
      conversation_settings: settings.conversation_settings,
      llm_api_key_is_set: agent.agent_kind === "openhands" && agent.llm.api_key !== null,
      active_profile: settings.active_profile,
      active_agent_profile_id: settings.active_agent_profile_id,
      active_meta_profile: settings.active_meta_profile,
      misc_settings: settings.misc_settings,
    };
  }

  /** Checks what an update points to. Resolves with the model of the profile that it makes active. */
  async #targetsOf(
    {
      active_agent_profile_id: id,
      active_meta_profile: routing,
      active_profile: name,
      agent_settings_diff: diff,
    }: SettingsUpdate,
    edit: Edit,
  ): Promise<LlmConfig | undefined> {
    const { targets } = this.#options;
    if (id != null && !(await targets.hasAgentProfile(id, edit)))
      throw notFound(`Agent profile with id '${id}' not found`);
    if (routing != null && !(await targets.hasMetaProfile(routing, edit)))
      throw notFound(`Meta-profile '${routing}' not found`);
    if (name == null || patchesModel(diff)) return undefined;
    const model = await targets.llmProfile(name, edit);
    if (model === null) throw notFound(`Profile '${name}' not found`);
    return model;
  }

  #orDefault(document: Document<StoredSettings> | null): StoredSettings {
    return this.#withMoment(document?.value ?? storedSettings.parse({}));
  }

  /** Shows the present time to an agent whose settings name no other. */
  #withMoment(settings: StoredSettings): StoredSettings {
    const { agent_settings: agent } = settings;
    const context = agent.agent_context;
    if (context === null || context.current_datetime !== undefined) return settings;
    const current_datetime = new Date(this.#options.clock.now()).toISOString().replace("Z", "000Z");
    return { ...settings, agent_settings: { ...agent, agent_context: { ...context, current_datetime } } };
  }
}

function notFound(detail: string): AgentServerError {
  return new AgentServerError("not_found", detail);
}

function unreadable(): AgentServerError {
  return new AgentServerError(
    "conflict",
    `Settings file is corrupted or encrypted with a different key: ${LOST_KEY_CURE}`,
  );
}
