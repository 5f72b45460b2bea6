import { AgentServerError } from "../errors.ts";
import { hasAgentProfile } from "./agent-profiles/agent-profiles.ts";
import { loadLlmProfile } from "./llm-profiles/llm-profiles.ts";
import { hasMetaProfile } from "./meta-profiles/meta-profiles.ts";
import type { PointerTargets } from "./server-settings/pointer-targets.ts";

/** The profiles that this server keeps, as its settings point to them. */
export const pointerTargets: PointerTargets = {
  async llmProfile(name, edit) {
    try {
      return await loadLlmProfile(edit, name);
    } catch (error) {
      if (AgentServerError.is(error) && error.code === "not_found") return null;
      throw error;
    }
  },
  hasMetaProfile,
  hasAgentProfile,
};
