import { z } from "zod";
import { isObject } from "../../is-object.ts";
import { once } from "../../once.ts";
import { mcpAuth, mcpServer } from "../agent/mcp-server.ts";
import { nullable } from "../nullable.ts";

const DEFAULT_NAME = "test-server";

/** The server of a test, in the older form with `type`. */
const serverSpec = once(() => {
  const texts = z.record(z.string(), z.string()).default({});
  const seconds = nullable(z.number()).describe("Seconds");
  const stdio = z
    .object({
      type: z.literal("stdio"),
      command: z.string().min(1),
      args: z.array(z.string()).default([]),
      env: texts,
      cwd: nullable(z.string()),
    })
    .meta({ id: "_StdioMCPServerSpec" });
  const remote = z
    .object({
      type: z.enum(["http", "shttp", "streamable-http", "sse"]),
      url: z.string().min(1),
      headers: texts,
      auth: nullable(mcpAuth),
      timeout: seconds,
      sse_read_timeout: seconds,
      keep_alive: nullable(z.boolean()),
    })
    .superRefine(({ headers, auth }, context) => {
      const names = Object.keys(headers).map((name) => name.toLowerCase());
      if (auth === null || !names.includes("authorization")) return;
      const message =
        "Value error, 'auth' cannot be combined with an explicit top-level 'Authorization' header; use auth.strategy='header' instead.";
      context.addIssue({ code: "custom", message, path: [] });
    })
    .meta({ id: "_RemoteMCPServerSpec" });
  return z.discriminatedUnion("type", [stdio, remote]);
});

/** Reads `transport` in place of `type`, and tells the kind by the fields where both are left out. */
function withType(input: unknown, context: z.RefinementCtx): unknown {
  if (!isObject(input) || !isObject(input.server)) return input;
  const { server } = input;
  if ("authentication" in server) {
    const message = "Value error, OAuth authentication metadata belongs under auth.authentication.";
    context.addIssue({ code: "custom", message, path: [] });
    return z.NEVER;
  }
  if ("type" in server) return input;
  const { transport, ...rest } = server;
  return { ...input, server: { ...rest, type: transport ?? ("command" in rest ? "stdio" : "http") } };
}

/** The body of a test of an MCP server. */
export const mcpTestRequest = once(() =>
  z
    .preprocess(
      withType,
      z.object({
        name: z
          .string()
          .min(1)
          .max(128)
          .default(DEFAULT_NAME)
          .transform((name) => name.trim() || DEFAULT_NAME),
        server: serverSpec(),
        timeout: z.number().gt(0).max(120).default(15).describe("Seconds"),
        tool_call: nullable(
          z
            .object({
              name: z.string().min(1),
              arguments: z.record(z.string(), z.unknown()).default({}),
            })
            .meta({ id: "MCPToolCallSpec" }),
        ),
      }),
    )
    .meta({ id: "MCPTestRequest" }),
);

/** A test of an MCP server. */
export type McpTestRequest = z.output<ReturnType<typeof mcpTestRequest>>;

/** The server of a test as configurations describe one. */
export function serverOfTest({ server: { type, ...fields } }: McpTestRequest): z.output<typeof mcpServer> {
  return mcpServer.parse({ ...fields, transport: type === "shttp" ? "http" : type });
}

const toolResult = once(() =>
  z.object({ is_error: z.boolean(), text: z.string() }).meta({ id: "MCPToolCallResult" }),
);

const errorKind = z.enum(["timeout", "connection", "unknown"]);

const oauthState = once(() =>
  z
    .object({
      tokens: z.looseObject({}).optional(),
      client_info: z.looseObject({}).optional(),
      token_expires_at: z.number().optional(),
    })
    .meta({ id: "MCPOAuthStateResponse" }),
);

/** The outcome of a test: the names of the tools, or why there is no connection. */
export const mcpTestResponse = once(() =>
  z.discriminatedUnion("ok", [
    z
      .object({
        ok: z.literal(true),
        tools: z.array(z.string()).default([]),
        tool_result: toolResult().optional(),
        oauth_state: oauthState().optional(),
      })
      .meta({ id: "MCPTestSuccess" }),
    z
      .object({ ok: z.literal(false), error: z.string(), error_kind: errorKind })
      .meta({ id: "MCPTestFailure" }),
  ]),
);

export type McpTestResponse = z.output<ReturnType<typeof mcpTestResponse>>;
export type McpTestFailure = Extract<McpTestResponse, { ok: false }>;

/** The beginning of an authorization. */
export const mcpOAuthStartResponse = once(() =>
  z
    .object({
      ok: z.boolean(),
      job_id: z.string().optional(),
      authorization_url: z.string().optional(),
      error: z.string().optional(),
      error_kind: errorKind.optional(),
    })
    .meta({ id: "MCPOAuthStartResponse" }),
);

export type McpOAuthStartResponse = z.output<ReturnType<typeof mcpOAuthStartResponse>>;

/** How far an authorization is. */
export const mcpOAuthStatusResponse = once(() =>
  z
    .object({
      ok: z.boolean(),
      status: z.enum(["pending", "authorizing", "succeeded", "failed"]),
      job_id: z.string(),
      authorization_url: z.string().optional(),
      callback_ready: z.boolean().default(false),
      tools: z.array(z.string()).optional(),
      tool_result: toolResult().optional(),
      oauth_state: oauthState().optional(),
      error: z.string().optional(),
      error_kind: errorKind.optional(),
    })
    .meta({ id: "MCPOAuthStatusResponse" }),
);

export type McpOAuthStatusResponse = z.output<ReturnType<typeof mcpOAuthStatusResponse>>;

/** The address to which the browser was sent after an authorization. */
export const mcpOAuthCallbackRequest = once(() =>
  z.object({ callback_url: z.string().min(1) }).meta({ id: "MCPOAuthCallbackRequest" }),
);
