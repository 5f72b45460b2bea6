import { z } from "zod";
import { once } from "../../once.ts";
import { mcpAuth, TRANSPORTS } from "../agent/mcp-server.ts";

/** A JSON merge patch of one MCP server: null removes a field, or an entry of a map. */
export const mcpServerPatch = once(() => {
  const text = z.string().nullable().optional();
  const secrets = z.record(z.string(), z.string().nullable()).nullable().optional();
  const seconds = z.number().nullable().optional().describe("Seconds");
  return z
    .strictObject({
      url: z.string().min(1).nullable().optional(),
      transport: z.enum(TRANSPORTS).nullable().optional(),
      command: z.string().min(1).nullable().optional(),
      args: z.array(z.string()).nullable().optional(),
      env: secrets,
      cwd: text,
      description: text,
      icon: text,
      timeout: seconds,
      sse_read_timeout: seconds,
      keep_alive: z.boolean().nullable().optional(),
      headers: secrets,
      auth: mcpAuth.nullable().optional(),
      enabled: z.boolean().nullable().optional().describe("Whether agents use the server; null means true"),
    })
    .meta({ id: "MCPServerPatch" });
});

export type McpServerPatch = z.output<ReturnType<typeof mcpServerPatch>>;
