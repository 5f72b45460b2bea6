import type { McpServer } from "../../wire/agent/mcp-server.ts";
import type { StoredSettings } from "../../wire/settings/stored-settings.ts";
import type { ServerSettings } from "./server-settings.ts";

type OAuthAuth = Extract<McpServer["auth"], { strategy: "oauth2" }>;
type OAuthState = NonNullable<OAuthAuth["state"]>;

/** The OAuth state of one MCP server of the settings. */
export interface KeptOAuthState {
  read(): Promise<OAuthState>;
  /** Replaces the state of each such server. It is dropped when the settings have none any more. */
  write(state: OAuthState): Promise<void>;
}

/** The state of the MCP server at a URL; undefined when the settings have none there that authorizes by OAuth. */
export async function oauthStateOf(
  settings: ServerSettings,
  url: string,
): Promise<KeptOAuthState | undefined> {
  const current = async () => authsAt(await settings.read(), url)[0];
  if ((await current()) === undefined) return undefined;
  return {
    read: async () => (await current())?.state ?? {},
    write: (state) => settings.change((stored) => withState(stored, url, state)),
  };
}

function authsAt({ agent_settings: { mcp_config: servers } }: StoredSettings, url: string): OAuthAuth[] {
  return Object.values(servers).flatMap((server) => {
    const { auth } = server;
    return auth?.strategy === "oauth2" && isAt(server, url) ? [auth] : [];
  });
}

function withState(settings: StoredSettings, url: string, state: OAuthState): StoredSettings {
  const { agent_settings: agent } = settings;
  const entries = Object.entries(agent.mcp_config).map(([name, server]) => {
    const { auth } = server;
    const isMeant = auth?.strategy === "oauth2" && isAt(server, url);
    return [name, isMeant ? { ...server, auth: { ...auth, state } } : server] as const;
  });
  return { ...settings, agent_settings: { ...agent, mcp_config: Object.fromEntries(entries) } };
}

/** A slash at the end makes no difference. */
function isAt({ url }: McpServer, other: string): boolean {
  return url !== undefined && url.replace(/\/+$/, "") === other.replace(/\/+$/, "");
}
