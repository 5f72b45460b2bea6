import type { McpServer as AcpMcpServer } from "@agentclientprotocol/sdk";
import { authHeaders } from "../../mcp/transports/auth-headers.ts";
import type { McpServer } from "../../wire/agent/mcp-server.ts";

/** The ways to MCP servers at URLs that a program knows. */
export interface McpWays {
  http: boolean;
  sse: boolean;
}

/** The servers as a program takes them, and a sentence for each that it does not get as it is. */
export interface ForwardedServers {
  servers: AcpMcpServer[];
  problems: string[];
}

/**
 * Passes MCP servers on to a program, which connects them itself. Those that are not enabled, and those at URLs that it
 * has no way to, are left out.
 */
export function forwardedServers(
  servers: Readonly<Record<string, McpServer>>,
  { http, sse }: McpWays,
  now: number,
): ForwardedServers {
  const forwarded: ForwardedServers = { servers: [], problems: [] };
  for (const [name, server] of Object.entries(servers)) {
    if (!server.enabled) continue;
    const { command, args = [], env = {}, url, transport } = server;
    if (command !== undefined) forwarded.servers.push({ name, command, args, env: pairs(env) });
    else if (url !== undefined) {
      const way = transport === "sse" ? "sse" : "http";
      if (!(way === "sse" ? sse : http)) {
        forwarded.problems.push(`MCP server '${name}': the agent does not connect to servers over ${way}.`);
        continue;
      }
      const { headers, problem } = credentialsOf(server, now);
      if (problem !== undefined) forwarded.problems.push(`MCP server '${name}': ${problem}`);
      forwarded.servers.push({ type: way, name, url, headers: pairs({ ...server.headers, ...headers }) });
    }
  }
  return forwarded;
}

interface Credentials {
  headers: Record<string, string>;
  problem?: string;
}

function credentialsOf({ auth }: McpServer, now: number): Credentials {
  return auth?.strategy === "oauth2" ? tokenOf(auth.state, now) : { headers: authHeaders(auth) };
}

type OAuthState = Extract<NonNullable<McpServer["auth"]>, { strategy: "oauth2" }>["state"];

/**
 * The token of a sign-in as it is kept: the program cannot renew it, and a refusal by the server says more than
 * silence.
 */
function tokenOf(state: OAuthState, now: number): Credentials {
  const token = state?.tokens?.access_token;
  if (token === undefined) return { headers: {}, problem: "nobody has signed in to it." };
  const isOver = state?.token_expires_at !== undefined && state.token_expires_at <= now / 1_000;
  const headers = { Authorization: `Bearer ${token}` };
  return isOver ? { headers, problem: "its sign-in has expired." } : { headers };
}

function pairs(values: Readonly<Record<string, string>>): { name: string; value: string }[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}
