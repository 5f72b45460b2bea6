import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { AcpDiscovery } from "../../acp/discovery/discover-models.ts";
import type { Discoveries } from "../../acp/discovery/discoveries.ts";
import type { ServerLogins } from "../../acp/launch/acp-host.ts";
import type { Clock } from "../../clock.ts";
import { AgentServerError } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import { once } from "../../once.ts";
import type { AcpModels, AcpModelsQuestion } from "../../routes/settings/acp-models.ts";
import { SecretRegistry, type SecretRegistryOptions } from "../../secrets/secret-registry.ts";
import { acpAgentOfSettings } from "../../wire/settings/agent/acp-agent-of-settings.ts";
import type { OpenWorkspace } from "../../workspace/workspace.ts";

export interface AcpModelsOptions {
  environment: Readonly<Record<string, string | undefined>>;
  /** The logins that the server keeps for programs. Default: none. */
  logins?: ServerLogins | undefined;
  /** Absolute path of the folder below which sessions that are not used further have theirs. */
  folder: string;
  openWorkspace: OpenWorkspace;
  secrets: Omit<SecretRegistryOptions, "sources">;
  clock: Clock;
  logger: Logger;
}

/** Questions for the models of programs. Loaded with the first one. */
export interface LazyAcpModels extends AcpModels {
  /** Ends the programs that are being asked. */
  close(): Promise<void>;
}

/** Asks programs on the machine where conversations run, unless each has another machine. */
export function acpModels(options: AcpModelsOptions): LazyAcpModels {
  let opened: Promise<Discoveries> | undefined;
  const open = once(async () => {
    const { Discoveries } = await import("../../acp/discovery/discoveries.ts");
    return new Discoveries(() => options.clock.now());
  });
  return {
    async models(question) {
      if (options.openWorkspace.machines !== undefined) throw onlyHere();
      opened = open();
      return answer(question, options, await opened);
    },
    close: async () => (await opened)?.close(),
  };
}

async function answer(
  { settings, secrets: sources, refresh }: AcpModelsQuestion,
  options: AcpModelsOptions,
  discoveries: Discoveries,
): Promise<AcpDiscovery> {
  const agent = acpAgentOfSettings({ ...settings, acp_model: null, mcp_config: {}, agent_context: null });
  const secrets = new SecretRegistry({ ...options.secrets, sources });
  const secretNames = Object.keys(sources);
  const values = secretNames.length === 0 ? {} : await secrets.referencedIn(secretNames.join(" "));
  const { acp_startup_timeout: _time, ...asked } = agent;
  return discoveries.answer({
    key: JSON.stringify({ asked, values: Object.entries(values).toSorted() }),
    refresh,
    ask: (signal) =>
      inOwnFolder(options, async (workspace) => {
        const { discoverModels } = await import("../../acp/discovery/discover-models.ts");
        const { environment, clock, logger } = options;
        const { providerOf } = await import("../../acp/providers.ts");
        const host = {
          ...{ agent, workspace, secretNames, secrets, environment, logger, conversationId: "none" },
          findLogin:
            options.logins?.({ conversationId: "none", provider: providerOf(agent) }) ??
            (async () => undefined),
          hide: (texts: readonly string[]) => secrets.hide(texts),
          mcpServers: async () => ({}),
        };
        return discoverModels(host, { signal, now: clock.now() });
      }),
  });
}

type Machine = Awaited<ReturnType<OpenWorkspace>>;

/** Does something on a machine that works in a new folder, and removes both. */
async function inOwnFolder<T>(
  { folder, openWorkspace }: AcpModelsOptions,
  work: (workspace: Machine) => Promise<T>,
): Promise<T> {
  await mkdir(folder, { recursive: true });
  const own = await mkdtemp(join(folder, ".acp-models-"));
  try {
    const workingDir = resolve(own, "workspace");
    const requested = { kind: "LocalWorkspace", working_dir: workingDir };
    const workspace = await openWorkspace({
      conversationId: null,
      workingDir,
      dataDir: resolve(own),
      requested,
    });
    try {
      await workspace.files.makeFolder(workingDir);
      return await work(workspace);
    } finally {
      await workspace.close();
    }
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

function onlyHere(): AgentServerError {
  return new AgentServerError(
    "not_implemented",
    "Programs are asked for their models only where conversations share the machine of the server",
  );
}
