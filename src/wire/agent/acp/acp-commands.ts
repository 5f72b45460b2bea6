/** How a program that is known by name is fetched and started. */
export interface AcpLaunch {
  /** Packages with their versions. The first one is the program that speaks the protocol. */
  readonly packages: readonly [string, ...string[]];
  /** Name of the program where it is installed, and among those of several packages. */
  readonly binary: string;
  /** Parameters that make it speak the protocol. */
  readonly parameters: readonly string[];
}

/** The programs that are known by name, as settings name them. */
export const ACP_LAUNCHES = {
  "claude-code": {
    packages: ["@agentclientprotocol/claude-agent-acp@0.63.0"],
    binary: "claude-agent-acp",
    parameters: [],
  },
  codex: { packages: ["@agentclientprotocol/codex-acp@1.10.0"], binary: "codex-acp", parameters: [] },
  "gemini-cli": { packages: ["@google/gemini-cli@0.46.0"], binary: "gemini", parameters: ["--acp"] },
  "kimi-code": { packages: ["@moonshot-ai/kimi-code@0.38.0"], binary: "kimi", parameters: ["acp"] },
  pi: {
    packages: ["pi-acp@0.0.33", "@earendil-works/pi-coding-agent@0.83.0"],
    binary: "pi-acp",
    parameters: [],
  },
  opencode: { packages: ["opencode-ai@1.18.23"], binary: "opencode", parameters: ["acp"] },
} as const satisfies Record<string, AcpLaunch>;

/** The command that fetches and starts a program. */
export function npxCommand({ packages, binary, parameters }: AcpLaunch): string[] {
  const [first, ...others] = packages;
  const fetched = others.length === 0 ? [first] : [...packages.map((name) => `--package=${name}`), binary];
  return ["npx", "-y", "--prefer-offline", ...fetched, ...parameters];
}
