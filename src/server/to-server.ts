import { type AgentServer, createServer } from "./create-server.ts";
import type { ServerOptions } from "./options.ts";

/** What an adapter takes: a key, keys, options, or a server that the host keeps hold of. */
export type ServerInput = string | readonly string[] | ServerOptions | AgentServer;

/** The server that an adapter mounts: the one given, or a new one made from a key, keys or options. */
export function toServer(input: ServerInput = {}): AgentServer {
  if (typeof input === "string") return createServer({ apiKeys: [input] });
  if (isKeys(input)) return createServer({ apiKeys: input });
  return "fetch" in input ? input : createServer(input);
}

function isKeys(input: readonly string[] | ServerOptions | AgentServer): input is readonly string[] {
  return Array.isArray(input);
}
