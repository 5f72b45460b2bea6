import type { LlmConfig } from "../../wire/agent/llm-config.ts";
import type { Edit } from "../documents/edit.ts";
import { MAX_PROFILES } from "../profiles/profile-names.ts";
import { LLM_PROFILES, toStoredProfile } from "./profile-collection.ts";

/**
 * Saves a model that someone has configured under a name that is free, if there is room. One that is as it came would
 * only be an entry that does not work.
 */
export async function seedLlmProfile(edit: Edit, name: string, llm: LlmConfig): Promise<void> {
  if (!isConfigured(llm)) return;
  const all = await edit.list(LLM_PROFILES);
  if (all.length >= MAX_PROFILES || all.some((one) => one.name === name)) return;
  await edit.put(LLM_PROFILES, name, toStoredProfile(llm));
}

function isConfigured({ api_key: key, auth_type: auth, base_url: address }: LlmConfig): boolean {
  return Boolean(key?.trim()) || auth === "subscription" || Boolean(address?.trim());
}
