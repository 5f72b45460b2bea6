import { messageOf } from "../../errors.ts";
import { joinPath, parentOf } from "../../workspace/paths.ts";
import { FETCH_TIMEOUT } from "../limits.ts";
import type { AcpHost } from "./acp-host.ts";
import { packagesOf } from "./command.ts";

/**
 * Fetches the packages of a program before its start is timed. Resolves with the variable that leads to them. A failure
 * is logged: the start may do without.
 */
export async function fetchPackages(
  { agent, workspace, logger, conversationId }: AcpHost,
  { env, signal }: { env: Readonly<Record<string, string>>; signal: AbortSignal },
): Promise<Record<string, string>> {
  const packages = packagesOf(agent.acp_command);
  if (packages.length === 0) return {};
  const { kind, dataDir } = workspace.info;
  // Conversations of this machine share the packages. Elsewhere a program sees its own folder alone.
  const cache = joinPath(kind === "local" ? parentOf(dataDir) : dataDir, "npm-cache");
  const variables = { npm_config_cache: cache };
  const named = packages.flatMap((name) => ["--package", name]);
  try {
    await workspace.files.makeFolder(cache, { mode: 0o700 });
    const { outcome, exitCode, stderr } = await workspace.run(
      ["npx", "--yes", "--prefer-offline", ...named, "--", "node", "-e", ""],
      { env: { ...env, ...variables }, timeout: FETCH_TIMEOUT, signal },
    );
    signal.throwIfAborted();
    if (exitCode !== 0) throw new Error(outcome === "timed_out" ? "it takes too long" : stderr.slice(-1_000));
  } catch (error) {
    signal.throwIfAborted();
    const fields = { conversation_id: conversationId, packages, error: messageOf(error) };
    logger.warn(fields, "The packages of an ACP program cannot be fetched before it starts");
  }
  return variables;
}
