import { AgentServerError } from "../../errors.ts";
import type { LlmConfig } from "../../wire/agent/llm-config.ts";
import type { AgentProfile, OpenHandsProfile } from "../../wire/settings/agent-profiles/agent-profile.ts";
import type { MetaProfile } from "../../wire/settings/meta-profile.ts";
import type { StoredSettings } from "../../wire/settings/stored-settings.ts";
import type { ProviderConnections } from "../connections/provider-connections.ts";
import { resolveConnection } from "../connections/resolve-connection.ts";
import type { Documents } from "../documents/documents.ts";
import { LLM_PROFILES } from "../llm-profiles/profile-collection.ts";
import { META_PROFILES } from "../meta-profiles/meta-profiles.ts";
import { canonicalProfileName } from "../profiles/profile-names.ts";
import { type DanglingRefs, invalidLaunch, unreadable } from "./launch-error.ts";

type McpServers = StoredSettings["agent_settings"]["mcp_config"];

/** The places that a launch reads from. */
export interface LaunchStores {
  documents: Documents;
  connections: Pick<ProviderConnections, "find">;
}

/** The rules by which an agent chooses models, and these models by their names. */
interface Routing {
  metaProfile: MetaProfile | null;
  llms: Record<string, LlmConfig>;
}

/** The model, servers and rules that a profile refers to, as far as they are there. */
export interface References {
  mcpServers: McpServers;
  /** null when it is missing, and for another program. */
  llm: LlmConfig | null;
  routing: Routing;
  dangling: DanglingRefs;
}

const NO_ROUTING: Routing = { metaProfile: null, llms: {} };

/**
 * Reads everything that a profile refers to. `llmProfile` replaces the model that it names.
 *
 * @throws AgentServerError `damaged` for what cannot be read; `unprocessable` for a provider connection that is gone.
 */
export async function findReferences(
  profile: AgentProfile,
  { agent_settings: { mcp_config: servers } }: StoredSettings,
  { llmProfile, ...stores }: LaunchStores & { llmProfile: string | null },
): Promise<References> {
  const { found: mcpServers, missing } = chosenServers(servers, profile.mcp_server_refs);
  const dangling: DanglingRefs = {
    llmProfile: null,
    mcpServers: missing,
    metaProfile: null,
    metaProfileLlms: [],
  };
  if (profile.agent_kind === "acp") return { mcpServers, llm: null, routing: NO_ROUTING, dangling };
  const name = llmProfile ?? profile.llm_profile_ref;
  const llm = await findLlm(name, stores);
  if (llm === null) dangling.llmProfile = name;
  return { mcpServers, llm, routing: await findRouting(profile, { stores, dangling }), dangling };
}

/** The model of an LLM profile; null when there is none of that name. Throws as `findReferences`. */
export async function findLlm(
  name: string,
  { documents, connections }: LaunchStores,
): Promise<LlmConfig | null> {
  const stored = await documents.read(LLM_PROFILES, canonicalProfileName(name));
  if (stored === null) return null;
  if (stored.damage !== null) throw unreadable(`LLM profile '${name}'`, stored.damage);
  try {
    return await resolveConnection(stored.value, connections, name);
  } catch (error) {
    const isGone = AgentServerError.is(error) && error.code === "unprocessable";
    throw isGone
      ? invalidLaunch(`LLM profile '${name}': ${error.message}`)
      : unreadable(`LLM profile '${name}'`, error);
  }
}

/** The MCP servers that a profile selects, in the order of its references and each once. */
export function chosenServers(
  servers: McpServers,
  refs: readonly string[] | null,
): { found: McpServers; missing: string[] } {
  if (refs === null) return { found: servers, missing: [] };
  const names = [...new Set(refs)];
  const found = names.flatMap((name) => (Object.hasOwn(servers, name) ? [[name, servers[name]]] : []));
  return {
    found: Object.fromEntries(found) as McpServers,
    missing: names.filter((name) => !Object.hasOwn(servers, name)),
  };
}

async function findRouting(
  { enable_classify_and_switch_llm_tool: isOn, meta_profile_ref: name }: OpenHandsProfile,
  { stores, dangling }: { stores: LaunchStores; dangling: DanglingRefs },
): Promise<Routing> {
  if (!isOn || name === null) return NO_ROUTING;
  const stored = await stores.documents.read(META_PROFILES, canonicalProfileName(name));
  if (stored === null) {
    dangling.metaProfile = name;
    return NO_ROUTING;
  }
  if (stored.damage !== null) throw unreadable(`meta-profile '${name}'`, stored.damage);
  const metaProfile = stored.value;
  const llms = new Map<string, LlmConfig>();
  const named = [metaProfile.classifier_model, ...metaProfile.classes.map(({ model }) => model)];
  for (const ref of new Set(named)) {
    const llm = await findLlm(ref, stores);
    if (llm === null) dangling.metaProfileLlms.push(ref);
    else llms.set(ref, llm);
  }
  if (metaProfile.prompt_template !== null) await addReadable(llms, stores);
  return { metaProfile, llms: Object.fromEntries(llms) };
}

/** Adds every saved model: rules without classes may choose any. One that cannot be used is left out. */
async function addReadable(llms: Map<string, LlmConfig>, stores: LaunchStores): Promise<void> {
  for (const { name } of await stores.documents.list(LLM_PROFILES)) {
    if (llms.has(name)) continue;
    const llm = await findLlm(name, stores).catch(() => null);
    if (llm !== null) llms.set(name, llm);
  }
}
