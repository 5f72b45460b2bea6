import type { AcpAgent } from "../../wire/agent/acp/acp-agent.ts";
import type { AcpFileSecret } from "../../wire/agent/acp/acp-file-secrets.ts";
import { ACP_PROVIDERS, type AcpProvider } from "../providers.ts";

/**
 * The secrets of an agent that its program reads from files: not those that belong to other programs alone, because a
 * secret of such a name may be meant for something else there.
 */
export function activeFileSecrets(
  { acp_file_secrets: all }: AcpAgent,
  provider: AcpProvider | undefined,
): AcpFileSecret[] {
  if (provider === undefined) return all;
  const others = [...ACP_PROVIDERS.values()].flatMap(({ fileSecrets }) => fileSecrets);
  const foreign = new Set(others.filter((name) => !provider.fileSecrets.includes(name)));
  return all.filter(({ secret_name: name }) => !foreign.has(name));
}
