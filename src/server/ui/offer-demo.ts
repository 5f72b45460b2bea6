import type { LlmProfiles } from "../../settings/llm-profiles/llm-profiles.ts";
import type { ServerSettings } from "../../settings/server-settings/server-settings.ts";
import { parseLlmConfig } from "../../wire/agent/llm-config.ts";

/** Name of the profile. */
const DEMO = "demo";
/** Agent Canvas sends nothing to a model without a key. The demo model needs none, and ignores this one. */
const ANY_KEY = "none-needed";

export interface DemoPlaces {
  llmProfiles(): Promise<Pick<LlmProfiles, "list" | "save" | "activate">>;
  serverSettings(): Promise<Pick<ServerSettings, "read">>;
}

/** Saves the demo model as a profile and makes it the active one, unless there is any model already. */
export async function offerDemo({ llmProfiles, serverSettings }: DemoPlaces): Promise<void> {
  const profiles = await llmProfiles();
  if ((await profiles.list()).length > 0) return;
  const { agent_settings: agent, active_profile: active } = await (await serverSettings()).read();
  if (active !== null || agent.agent_kind !== "openhands") return;
  if (agent.llm.api_key !== null || agent.llm.base_url !== null) return;
  const llm = parseLlmConfig({ model: "demo/tour", api_key: ANY_KEY });
  await profiles.save(DEMO, llm, { withSecrets: true });
  await profiles.activate(DEMO);
}
