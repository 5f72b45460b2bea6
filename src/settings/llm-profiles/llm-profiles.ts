import { AgentServerError } from "../../errors.ts";
import type { Cipher } from "../../secrets/cipher.ts";
import { LOST_KEY_CURE } from "../../secrets/lost-key-cure.ts";
import { redactSecrets } from "../../secrets/secret-fields.ts";
import type { LlmConfig } from "../../wire/agent/llm-config.ts";
import type { ProfileInfo, ValidateProfileResponse } from "../../wire/settings/llm-profiles.ts";
import { CONNECTIONS, referToConnection } from "../connections/connection-collection.ts";
import type { ProviderConnections } from "../connections/provider-connections.ts";
import { resolveConnection } from "../connections/resolve-connection.ts";
import type { Document, SoundDocument } from "../documents/collection.ts";
import type { Documents } from "../documents/documents.ts";
import type { Edit } from "../documents/edit.ts";
import { byFileName, canonicalProfileName } from "../profiles/profile-names.ts";
import { refuseTooMany, soundProfile } from "../profiles/profile-rules.ts";
import { type Exposure, exposeSecrets } from "../server-settings/exposure.ts";
import { openSent } from "../server-settings/open-sent.ts";
import type { ServerSettings } from "../server-settings/server-settings.ts";
import { moveActiveProfile } from "./active-profile.ts";
import { referrersOf, renameReferences } from "./agent-profile-refs.ts";
import { LLM_PROFILES, toStoredProfile } from "./profile-collection.ts";
import { type CreateProbe, validateLlm } from "./validate-llm.ts";

/** These profiles in errors. */
const LABEL = "Profile";

export interface LlmProfilesOptions {
  documents: Documents;
  settings(): Promise<ServerSettings>;
  /** Opens the tokens that clients send back, and makes those of answers. */
  cipher: Cipher | undefined;
  /** Creates the model that a configuration is tried out with. */
  createLlm: CreateProbe;
  connections: Pick<ProviderConnections, "find">;
}

/** A profile in the form in which a client asked for it. */
export interface ShownProfile {
  config: Record<string, unknown>;
  api_key_set: boolean;
}

/** Saved configurations of models, by name. */
export class LlmProfiles {
  readonly #options: LlmProfilesOptions;

  constructor(options: LlmProfilesOptions) {
    this.#options = options;
  }

  /** Lists the profiles that can be read, by the names of the reference's files. */
  async list(): Promise<ProfileInfo[]> {
    const { documents } = this.#options;
    const all = await documents.list(LLM_PROFILES);
    const hasKey = new Map((await documents.list(CONNECTIONS)).map((one) => [one.name, keyIsSet(one)]));
    return [...all].sort(byFileName).flatMap((one) => (one.damage === null ? [infoOf(one, hasKey)] : []));
  }

  /**
   * Shows a profile. In clear, a linked one has the key and address of its provider connection.
   *
   * @throws AgentServerError `not_found`; `bad_request` for one that cannot be read; `unprocessable` for a connection
   * that does not exist; `unavailable` when secrets must be encrypted and there is no key.
   */
  async show(name: string, exposure: Exposure): Promise<ShownProfile> {
    const { documents, connections, cipher } = this.#options;
    const document = await documents.read(LLM_PROFILES, canonicalProfileName(name));
    const stored = soundProfile(document, LABEL, name);
    const llm = exposure === "plaintext" ? await resolveConnection(stored, connections, name) : stored;
    const config = exposeSecrets(llm, exposure, cipher);
    return {
      config: exposure === "redacted" ? { ...config, api_key: null } : config,
      api_key_set: isKeyLost(document) || (await this.#keyOf(llm)) !== null,
    };
  }

  /**
   * Saves a profile, in place of the one of that name.
   *
   * @throws AgentServerError `unprocessable` for a token that no key opens; `conflict` when there are too many, when the stored one of that name is damaged, or when it
   * has a secret of another secret key and the new one has not, but another provider or address.
   */
  async save(name: string, llm: LlmConfig, { withSecrets }: { withSecrets: boolean }): Promise<void> {
    const key = canonicalProfileName(name);
    const { cipher, documents } = this.#options;
    await documents.edit(async (edit) => {
      await refuseTooMany(edit, LLM_PROFILES, { key, label: LABEL });
      const former = await edit.read(LLM_PROFILES, key);
      const opened = openSent(llm, { cipher, field: "llm" });
      const stored = toStoredProfile(withSecrets ? opened : withoutSecrets(opened));
      refuseMovedSecret(former, stored, name);
      await edit.put(LLM_PROFILES, key, stored);
    });
  }

  /**
   * Removes a profile. One that does not exist is fine.
   *
   * @throws AgentServerError `conflict` while an agent profile names it.
   */
  async remove(name: string): Promise<void> {
    const key = canonicalProfileName(name);
    await this.#options.documents.edit(async (edit) => {
      const referrers = await referrersOf(edit, key);
      if (referrers.length > 0) throw referenced(referrers.map(({ shown }) => shown));
      await edit.remove(LLM_PROFILES, key);
      await moveActiveProfile(edit, { from: key, to: null });
    });
  }

  /**
   * Gives a profile another name, in the agent profiles and the settings that name it, too.
   *
   * @throws AgentServerError `not_found`, or `conflict` when the new name is taken.
   */
  async rename(name: string, newName: string): Promise<void> {
    const [from, to] = [canonicalProfileName(name), canonicalProfileName(newName)];
    await this.#options.documents.edit(async (edit) => {
      const llm = soundProfile(await edit.read(LLM_PROFILES, from), LABEL, name);
      if (from === to) return;
      if ((await edit.read(LLM_PROFILES, to)) !== null) {
        throw new AgentServerError("conflict", `Profile '${newName}' already exists`);
      }
      await edit.put(LLM_PROFILES, to, llm, { former: from });
      await edit.remove(LLM_PROFILES, from);
      await renameReferences(edit, from, to);
      await moveActiveProfile(edit, { from, to });
    });
  }

  /**
   * Makes a profile the active one, and its model that of the settings unless their agent has none. Resolves with
   * whether the model is used.
   *
   * @throws AgentServerError `not_found`; `unprocessable` for a provider connection that does not exist; `conflict` for
   * settings that must not be overwritten.
   */
  async activate(name: string): Promise<boolean> {
    const { documents } = this.#options;
    const settings = await this.#options.settings();
    return documents.edit(async (edit) => {
      const llm = await loadLlmProfile(edit, name);
      const current = await settings.readIn(edit);
      const { agent_settings: agent } = current;
      const isApplied = agent.agent_kind === "openhands";
      await settings.putIn(edit, {
        ...current,
        agent_settings: isApplied ? { ...agent, llm } : agent,
        active_profile: canonicalProfileName(name),
      });
      return isApplied;
    });
  }

  /**
   * Asks a model for one token, with the key and address of the provider connection that it is linked to.
   *
   * @throws AgentServerError `unprocessable` for a provider connection that does not exist.
   */
  async validate(llm: LlmConfig): Promise<ValidateProfileResponse> {
    const { cipher, connections, createLlm } = this.#options;
    return validateLlm(
      await resolveConnection(openSent(llm, { cipher, field: "llm" }), connections),
      createLlm,
    );
  }

  async #keyOf({ api_key: key, provider_connection_id: id }: LlmConfig): Promise<string | null> {
    if (key !== null || id === null) return key;
    return (await this.#options.connections.find(id))?.api_key ?? null;
  }
}

/**
 * Reads the model of a profile, ready to be used. It stays as it is until the end of the edit.
 *
 * @throws AgentServerError `not_found`; `bad_request` for a profile or connection that cannot be read; `unprocessable`
 * for a provider connection that does not exist.
 */
export async function loadLlmProfile(edit: Edit, name: string): Promise<LlmConfig> {
  const key = canonicalProfileName(name);
  const llm = soundProfile(await edit.read(LLM_PROFILES, key), LABEL, name);
  await edit.touch(LLM_PROFILES, key);
  return resolveConnection(llm, { find: (id) => referToConnection(edit, id) }, name);
}

function withoutSecrets(llm: LlmConfig): LlmConfig {
  const { fallback_strategy } = llm;
  return { ...redactSecrets(llm, "null"), ...(fallback_strategy && { fallback_strategy }) };
}

function infoOf(profile: SoundDocument<LlmConfig>, connections: ReadonlyMap<string, boolean>): ProfileInfo {
  const { model, base_url, provider_connection_id: id } = profile.value;
  const connection = id === null ? undefined : connections.get(id);
  return {
    name: profile.name,
    model,
    base_url,
    provider_connection_id: id,
    provider_connection_broken: id !== null && connection === undefined,
    api_key_set: keyIsSet(profile) || connection === true,
  };
}

/** A key that cannot be opened now is there all the same. */
function keyIsSet({ value, lost }: Document<Pick<LlmConfig, "api_key">>): boolean {
  return (value?.api_key ?? null) !== null || lost.includes("/api_key");
}

function isKeyLost(document: Document<LlmConfig> | null): boolean {
  return document?.lost.includes("/api_key") === true;
}

function referenced(names: readonly string[]): AgentServerError {
  return new AgentServerError(
    "conflict",
    `LLM profile is referenced by ${names.length} agent profile(s): ${names.join(", ")}`,
  );
}

/** A secret that no key opens stays in its place. It must not come to serve another provider once its key is back. */
function refuseMovedSecret(former: Document<LlmConfig> | null, llm: LlmConfig, name: string): void {
  if (former?.value == null || former.lost.length === 0 || llm.api_key !== null) return;
  if (providerOf(former.value) === providerOf(llm) && former.value.base_url === llm.base_url) return;
  throw new AgentServerError(
    "conflict",
    `Profile '${name}' has a secret that was encrypted with a different key: send a new api_key, delete the profile ` +
      `first, or ${LOST_KEY_CURE}`,
  );
}

function providerOf({ model }: LlmConfig): string {
  return model.slice(0, Math.max(0, model.indexOf("/")));
}
