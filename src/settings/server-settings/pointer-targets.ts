import type { LlmConfig } from "../../wire/agent/llm-config.ts";
import type { Edit } from "../documents/edit.ts";

/** The profiles that settings point to. Each answer holds for as long as the edit does: it fails if one changes. */
export interface PointerTargets {
  /**
   * The model of an LLM profile, with the key and address of its provider connection; null when there is no such
   * profile.
   */
  llmProfile(name: string, edit: Edit): Promise<LlmConfig | null>;
  hasAgentProfile(id: string, edit: Edit): Promise<boolean>;
  hasMetaProfile(name: string, edit: Edit): Promise<boolean>;
}
