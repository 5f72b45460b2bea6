import { ACP_LAUNCHES, type AcpLaunch } from "../wire/agent/acp/acp-commands.ts";

/** A program that can be started by name, and what is special about it. */
export interface AcpProvider {
  /** Name in settings and agents. */
  readonly key: string;
  readonly launch: AcpLaunch;
  /**
   * Words that its name in `initialize` has, and that the names of its packages and programs begin with; in lower case.
   */
  readonly names: readonly string[];
  /** Variable of its key; null for one that signs in otherwise. */
  readonly keyVariable: string | null;
  /** Variable of the address of its models. */
  readonly addressVariable: string | null;
  /** Further variables of the server that it signs in with, or finds its account by. */
  readonly accountVariables: readonly string[];
  /** Variable that leads to the folder of its files. */
  readonly folderVariable: string;
  /** Names of the secrets that it reads from files. */
  readonly fileSecrets: readonly string[];
  /** The mode in which it asks for nothing; null for one that has no such mode. */
  readonly freeMode: string | null;
  /** The mode in which it asks before it does something; null leaves it in the one that it begins with. */
  readonly askingMode: string | null;
  /** Key of `_meta` in `session/new` under which it takes its model; null for none. */
  readonly modelMeta: string | null;
  /** Variables that are left out where the first one is set: the program would prefer them to it. */
  readonly conflicts: readonly { dominant: string; without: readonly string[] }[];
}

const PROVIDERS: readonly AcpProvider[] = [
  {
    key: "claude-code",
    launch: ACP_LAUNCHES["claude-code"],
    names: ["claude-agent"],
    keyVariable: "ANTHROPIC_API_KEY",
    addressVariable: "ANTHROPIC_BASE_URL",
    accountVariables: ["CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_AUTH_TOKEN"],
    folderVariable: "CLAUDE_CONFIG_DIR",
    fileSecrets: [],
    freeMode: "bypassPermissions",
    askingMode: "default",
    modelMeta: "claudeCode",
    conflicts: [
      { dominant: "CLAUDE_CODE_OAUTH_TOKEN", without: ["ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"] },
    ],
  },
  {
    key: "codex",
    launch: ACP_LAUNCHES.codex,
    names: ["codex-acp"],
    keyVariable: "OPENAI_API_KEY",
    addressVariable: "OPENAI_BASE_URL",
    accountVariables: ["CODEX_API_KEY", "CODEX_CONFIG", "MODEL_PROVIDER"],
    folderVariable: "CODEX_HOME",
    fileSecrets: ["CODEX_AUTH_JSON"],
    freeMode: "agent-full-access",
    askingMode: "read-only",
    modelMeta: null,
    conflicts: [],
  },
  {
    key: "gemini-cli",
    launch: ACP_LAUNCHES["gemini-cli"],
    names: ["gemini-cli"],
    keyVariable: "GEMINI_API_KEY",
    addressVariable: "GEMINI_BASE_URL",
    accountVariables: ["GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION", "GOOGLE_APPLICATION_CREDENTIALS"],
    folderVariable: "HOME",
    fileSecrets: ["GOOGLE_APPLICATION_CREDENTIALS_JSON"],
    freeMode: "default",
    askingMode: "default",
    modelMeta: null,
    conflicts: [],
  },
  {
    key: "kimi-code",
    launch: ACP_LAUNCHES["kimi-code"],
    names: ["kimi"],
    keyVariable: null,
    addressVariable: "KIMI_BASE_URL",
    accountVariables: [],
    folderVariable: "KIMI_CODE_HOME",
    fileSecrets: ["KIMI_CODE_CONFIG_TOML"],
    freeMode: "yolo",
    askingMode: null,
    modelMeta: null,
    conflicts: [],
  },
  {
    key: "pi",
    launch: ACP_LAUNCHES.pi,
    names: ["pi-acp"],
    keyVariable: "ANTHROPIC_API_KEY",
    addressVariable: null,
    accountVariables: [],
    folderVariable: "HOME",
    fileSecrets: ["PI_AUTH_JSON"],
    freeMode: null,
    askingMode: null,
    modelMeta: null,
    conflicts: [],
  },
  {
    key: "opencode",
    launch: ACP_LAUNCHES.opencode,
    names: ["opencode"],
    keyVariable: "OPENCODE_API_KEY",
    addressVariable: null,
    accountVariables: [],
    folderVariable: "HOME",
    fileSecrets: [],
    freeMode: "build",
    askingMode: null,
    modelMeta: null,
    conflicts: [],
  },
];

/** The programs that can be started by name. */
export const ACP_PROVIDERS: ReadonlyMap<string, AcpProvider> = new Map(
  PROVIDERS.map((provider) => [provider.key, provider]),
);

/** The program that has named itself; undefined for one that is not in the table. */
export function providerByName(agentName: string): AcpProvider | undefined {
  const name = agentName.toLowerCase();
  return PROVIDERS.find(({ names }) => names.some((known) => name.includes(known)));
}

/**
 * The program that a command starts, by the beginnings of the names in it: callers write commands, so that a name
 * somewhere in a path proves nothing.
 */
export function providerByCommand(command: readonly string[]): AcpProvider | undefined {
  const words = command.map(nameIn);
  return PROVIDERS.find(({ names }) => words.some((word) => names.some((known) => word.startsWith(known))));
}

/** The program of an agent: the one that it names, or else the one that its command starts. */
export function providerOf(agent: {
  acp_server: string | null;
  acp_command: readonly string[];
}): AcpProvider | undefined {
  return ACP_PROVIDERS.get(agent.acp_server ?? "") ?? providerByCommand(agent.acp_command);
}

/** The last part of a path or package name, without its version. */
function nameIn(word: string): string {
  const name = word.slice(word.lastIndexOf("/") + 1).toLowerCase();
  const version = name.lastIndexOf("@");
  return version > 0 ? name.slice(0, version) : name;
}
