import { AgentServerError } from "../../errors.ts";
import type { StoredConnection } from "./connection-collection.ts";

/** The part of a model's configuration that a connection replaces. */
interface LinkedLlm {
  provider_connection_id?: string | null | undefined;
  api_key?: string | null | undefined;
  base_url?: string | null | undefined;
  aws_bedrock_runtime_endpoint?: string | null | undefined;
}

/** Where a connection is looked up: `ProviderConnections`, or a reader of an edit. */
interface ConnectionLookup {
  find(id: string): Promise<StoredConnection | null>;
}

/**
 * Puts the key and the address of the connection that a model's configuration refers to into it. Without a reference it
 * stays as it is; so does one whose connection is gone, if it has a key. `profile` is the name of the profile, for
 * the error.
 *
 * @throws AgentServerError `unprocessable` when the connection is gone, and `bad_request` when its key cannot be read.
 */
export async function resolveConnection<L extends LinkedLlm>(
  llm: L,
  connections: ConnectionLookup,
  profile?: string,
): Promise<L> {
  const id = llm.provider_connection_id;
  if (!id) return llm;
  const connection = await connections.find(id);
  if (connection !== null) {
    const api_key = connection.api_key ?? llm.api_key;
    // No other address of the configuration may come to get the key.
    const endpoint = llm.aws_bedrock_runtime_endpoint ? { aws_bedrock_runtime_endpoint: null } : {};
    return { ...llm, base_url: connection.base_url, api_key, ...endpoint };
  }
  if (llm.api_key?.trim()) return llm;
  const owner = profile === undefined ? "LLM config" : `Profile '${profile}'`;
  throw new AgentServerError(
    "unprocessable",
    `${owner} references provider connection '${id}', which does not exist. Update the profile or recreate the ` +
      "connection.",
  );
}
