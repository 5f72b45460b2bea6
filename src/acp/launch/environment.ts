import { isObject } from "../../is-object.ts";
import { ACP_PROVIDERS, type AcpProvider, providerByCommand } from "../providers.ts";
import { acpFolder } from "./acp-folder.ts";
import type { AcpHost } from "./acp-host.ts";
import { activeFileSecrets } from "./active-file-secrets.ts";

/**
 * The variables that a program gets in addition to those of its machine: those of its account from the server, then the
 * secrets of the conversation, which win. A program cannot say which secret it needs when, so it has all of them from
 * its start; those that it reads from files are left to `writeFileSecrets`.
 *
 * @throws AgentServerError `conflict` when a secret could not be kept.
 */
export async function variablesOf(
  host: AcpHost,
  provider: AcpProvider | undefined,
): Promise<Record<string, string>> {
  const inFiles = new Set(activeFileSecrets(host.agent, provider).map(({ secret_name: name }) => name));
  const names = host.secretNames.filter((name) => !inFiles.has(name));
  const secrets = names.length === 0 ? {} : await host.secrets.referencedIn(names.join(" "));
  return { ...accountVariables(host, provider), ...secrets, ...ownFolder(host) };
}

/** Leaves out, and translates, what would keep the program from signing in as it was meant to. */
export function settled(
  variables: Readonly<Record<string, string>>,
  provider: AcpProvider | undefined,
  command: readonly string[],
): Record<string, string> {
  // Programs that were started by Claude Code refuse to be started by another one.
  const { CLAUDECODE: _nested, ...kept } = variables;
  const without = conflictsOf(provider)
    .filter(({ dominant }) => dominant in kept)
    .flatMap((conflict) => conflict.without);
  const entries = Object.entries(kept).filter(([name]) => !without.includes(name));
  return withCodexAddress(Object.fromEntries(entries), command);
}

function accountVariables(
  { environment }: Pick<AcpHost, "environment">,
  provider: AcpProvider | undefined,
): Record<string, string> {
  const { keyVariable = null, addressVariable = null, accountVariables: others = [] } = provider ?? {};
  const names = [keyVariable, addressVariable, ...others].filter((name) => name !== null);
  return Object.fromEntries(names.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])));
}

/** A folder of the conversation's own for the files of the program, if the agent asks for one. */
function ownFolder(host: AcpHost): Record<string, string> {
  const provider = providerByCommand(host.agent.acp_command);
  if (!host.agent.acp_isolate_data_dir || provider === undefined) return {};
  return { [provider.folderVariable]: acpFolder(host, provider.key) };
}

/** Of a program that is not known, those of all: its own are not known. */
function conflictsOf(provider: AcpProvider | undefined): AcpProvider["conflicts"] {
  return provider?.conflicts ?? [...ACP_PROVIDERS.values()].flatMap(({ conflicts }) => conflicts);
}

/** Codex reads the address of its models from its configuration alone. One that is configured there wins. */
function withCodexAddress(
  variables: Record<string, string>,
  command: readonly string[],
): Record<string, string> {
  const { OPENAI_BASE_URL: address, CODEX_CONFIG: written = "{}", MODEL_PROVIDER: named } = variables;
  if (!address || named || !command.some((word) => word.includes("codex-acp"))) return variables;
  const config = parsed(written);
  if (config === undefined || "openai_base_url" in config || "model_provider" in config) return variables;
  return { ...variables, CODEX_CONFIG: JSON.stringify({ ...config, openai_base_url: address }) };
}

function parsed(written: string): Record<string, unknown> | undefined {
  try {
    const config: unknown = JSON.parse(written || "{}");
    return isObject(config) ? config : undefined;
  } catch {
    return undefined;
  }
}
