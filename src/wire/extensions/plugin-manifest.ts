import { z } from "zod";
import { once } from "../../once.ts";

const PLUGIN_SCHEMA = "https://agent-plugins.org/schemas/1.0.0/plugin.schema.json";
const MCP_SCHEMA = "https://agent-plugins.org/schemas/1.0.0/mcp.schema.json";

const text = () => z.string().optional();

const author = once(() => z.strictObject({ name: text(), email: text(), url: text() }));

/** The manifest of a plugin in the format Agent Plugins 1.0.0, without fields that it does not know. */
export const agentPluginManifest = once(() =>
  z.object({
    $schema: z.literal(PLUGIN_SCHEMA),
    name: z
      .string()
      .max(64)
      .regex(/^(?!.*(?:--|\.\.))[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/),
    version: text(),
    description: text(),
    author: author().optional(),
    homepage: text(),
    repository: text(),
    license: text(),
    keywords: z.array(z.string()).optional(),
    extensions: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  }),
);

/** The manifest of a plugin in the layout of Claude Code. */
export const claudePluginManifest = once(() =>
  z.looseObject({
    name: z.string(),
    version: z.string().default("1.0.0"),
    description: z.string().default(""),
    author: z
      .union([z.string(), z.looseObject({ name: text(), email: text().nullable(), url: text().nullable() })])
      .nullish(),
    entry_command: z.string().nullish(),
  }),
);

/** The document with the MCP servers of an agent plugin. Its entries are checked one by one. */
export const agentPluginServers = once(() =>
  z.strictObject({ $schema: z.literal(MCP_SCHEMA), mcpServers: z.record(z.string(), z.unknown()) }),
);

const headers = once(() => z.record(z.string(), z.string()).optional());

/** One MCP server of an agent plugin. */
export const agentPluginServer = once(() =>
  z.discriminatedUnion("type", [
    z.strictObject({
      type: z.literal("stdio"),
      command: z.string().min(1),
      args: z.array(z.string()).default([]),
      env: z.record(z.string().regex(/^(?!PLUGIN_(ROOT|DATA)$)/s), z.string()).default({}),
      cwd: z
        .string()
        .regex(/^(?:\.\/|\$\{PLUGIN_(?:ROOT|DATA)\}(?:\/|$))/)
        .optional(),
    }),
    z.strictObject({ type: z.literal("streamable-http"), url: z.string().min(1), headers: headers() }),
    z.strictObject({ type: z.literal("sse"), url: z.string().min(1), headers: headers() }),
  ]),
);

export type AgentPluginServer = z.output<ReturnType<typeof agentPluginServer>>;
