import { messageOf } from "../../errors.ts";
import { isObject } from "../../is-object.ts";
import { SecretMask } from "../../secrets/masking/secret-mask.ts";
import type { McpServer } from "../../wire/agent/mcp-server.ts";
import type { McpTestFailure, McpTestRequest, McpTestResponse } from "../../wire/settings/mcp-trials.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import { Connection } from "../connection.ts";
import { MAX_RESULT_CHARACTERS } from "../limits.ts";
import type { OAuthState, OAuthStateStore } from "../oauth/oauth-state.ts";
import { secretValuesOf } from "../secret-values.ts";
import { transportsOf } from "../transports/open-transport.ts";
import type { RemoteAccess } from "../transports/remote-access.ts";

export interface TestParts {
  /** The server with its secrets in clear. */
  server: McpServer;
  request: Pick<McpTestRequest, "timeout" | "tool_call">;
  workspace: Workspace;
  remote: RemoteAccess;
  /** Where what an authorization brings is kept; nothing of it is stored. */
  state: OAuthStateStore;
  /** The state as clients may see it. */
  shown(state: OAuthState): OAuthState;
}

/** A failure that an authorization may mend is thrown; every other one is an answer. */
export async function testServer(parts: TestParts): Promise<McpTestResponse> {
  const { server, request, workspace, remote, state } = parts;
  const timeout = request.timeout * 1_000;
  const connection = new Connection({
    openTransport: await transportsOf(server, { workspace, remote, state }),
    onTools: () => {},
    onLog: () => {},
  });
  try {
    const { tools } = await connection.start({ timeout });
    const names = tools.map(({ name }) => name);
    const result = await callTool(connection, { call: request.tool_call, names, timeout });
    const reached = await state.read();
    return {
      ok: true,
      tools: names,
      ...(result === undefined ? {} : { tool_result: result }),
      ...(reached.tokens?.access_token === undefined ? {} : { oauth_state: parts.shown(reached) }),
    };
  } finally {
    await connection.close();
  }
}

/** The answer to a failed test. Values of the configuration are hidden in it. */
export async function failureOf(error: unknown, server: McpServer): Promise<McpTestFailure> {
  const mask = await SecretMask.prepare(secretValuesOf(server));
  return { ok: false, error: mask.mask(messageOf(error)), error_kind: kindOf(error) };
}

function kindOf(error: unknown): McpTestFailure["error_kind"] {
  const text = messageOf(error);
  return /not answered in time|timed out|timeout/i.test(text) ? "timeout" : "connection";
}

interface Call {
  call: McpTestRequest["tool_call"];
  names: readonly string[];
  timeout: number;
}

/**
 * Passes on the words of a tool as they are: whether that is a failure of the service behind it, the caller must judge.
 */
async function callTool(
  connection: Connection,
  { call, names, timeout }: Call,
): Promise<{ is_error: boolean; text: string } | undefined> {
  if (call === null) return undefined;
  const { name } = call;
  if (!names.includes(name)) {
    const available = names.join(", ") || "none";
    return { is_error: true, text: `Tool '${name}' not advertised by server (available: ${available})` };
  }
  try {
    const { signal } = new AbortController();
    const answer = await connection.call({ name, arguments: call.arguments }, { timeout, signal });
    return toResult(answer);
  } catch (error) {
    return { is_error: true, text: `Tool '${name}' call failed: ${messageOf(error)}` };
  }
}

function toResult(answer: unknown): { is_error: boolean; text: string } {
  const { content, isError } = isObject(answer) ? answer : {};
  const blocks = Array.isArray(content) ? content : [];
  const texts = blocks.flatMap((block) =>
    typeof block?.text === "string" && block.type === "text" ? [block.text] : [],
  );
  return { is_error: isError === true, text: texts.join("\n").slice(0, MAX_RESULT_CHARACTERS) };
}
