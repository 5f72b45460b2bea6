/** Headers that are about one connection and not about the message (RFC 9110, section 7.6.1). */
const OF_CONNECTIONS: ReadonlySet<string> = new Set([
  ...["connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization"],
  ...["te", "trailer", "transfer-encoding", "upgrade"],
]);

/** Tells headers of a message from those of its connection, which also `Connection` may name. */
export function connectionHeaders(connection: string | null): (name: string) => boolean {
  const named = (connection ?? "").split(",").map((name) => name.trim().toLowerCase());
  return (name) => OF_CONNECTIONS.has(name.toLowerCase()) || named.includes(name.toLowerCase());
}
