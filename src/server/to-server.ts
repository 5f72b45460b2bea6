import { type AgentServer, createServer } from "./create-server.ts";
import type { ServerOptions } from "./options.ts";

/** The argument of an adapter: a session key, several keys, options, or a server that the host created. */
export type ServerInput = string | readonly string[] | ServerOptions | AgentServer;

/** Returns the server that an adapter mounts. Keys and options create a new one. Throws TypeError without a key. */
export function toServer(input: ServerInput): AgentServer {
  if (typeof input === "string") return createServer({ apiKeys: [input] });
  if (isKeys(input)) return createServer({ apiKeys: input });
  // A variable of the environment that is not set reaches this too, past the types.
  const options = input ?? {};
  return "fetch" in options ? options : createServer(options);
}

function isKeys(input: readonly string[] | ServerOptions | AgentServer): input is readonly string[] {
  return Array.isArray(input);
}
