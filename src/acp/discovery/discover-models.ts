import type { z } from "zod";
import type { acpModelsResponse } from "../../wire/settings/agent/acp-models.ts";
import { detailOf, startCodeOf } from "../acp-error.ts";
import type { AcpHost } from "../launch/acp-host.ts";
import { providerByName } from "../providers.ts";
import { openSession } from "../session/open-session.ts";

/** The models of a program, or why they are not known. */
export type AcpDiscovery = z.output<ReturnType<typeof acpModelsResponse>>;

const NOTHING_KNOWN: AcpDiscovery = {
  agent_name: null,
  agent_version: null,
  current_model_id: null,
  available_models: [],
  supports_runtime_model_switch: false,
  error: null,
};

/**
 * Starts a program in a session that is not used further, and reads which models it offers. A program that cannot be
 * started is an answer as well. Rejects with the reason of the signal once that is aborted.
 */
export async function discoverModels(
  host: AcpHost,
  options: { signal: AbortSignal; now: number },
): Promise<AcpDiscovery> {
  try {
    const session = await openSession(host, { ...options, earlier: undefined });
    await session.close();
    const { agentName, agentVersion, models } = session.facts;
    return {
      agent_name: agentName || null,
      agent_version: agentVersion || null,
      current_model_id: models.current,
      available_models: models.available ?? [],
      supports_runtime_model_switch: providerByName(agentName) !== undefined,
      error: null,
    };
  } catch (error) {
    options.signal.throwIfAborted();
    const detail = await (await host.secrets.mask()).maskLong(detailOf(error));
    return { ...NOTHING_KNOWN, error: { code: startCodeOf(error), detail } };
  }
}
