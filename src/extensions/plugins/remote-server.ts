import { isLoopbackHost } from "../../loopback.ts";

/** Headers by which HTTP and MCP work. A client makes them itself. */
const OWNED: ReadonlySet<string> = new Set([
  ...["accept", "connection", "content-length", "content-type", "host", "keep-alive", "last-event-id"],
  ...["mcp-protocol-version", "mcp-session-id", "proxy-connection", "te", "trailer", "transfer-encoding"],
  "upgrade",
]);

/**
 * Checks the address of a server that a plugin names.
 *
 * @throws Error that says what is wrong with it
 */
export function remoteUrl(url: string): string {
  const { protocol, hostname } = URL.canParse(url) ? new URL(url) : { protocol: "", hostname: "" };
  if (!/^https?:$/.test(protocol) || hostname === "") throw new Error(`${url} is not a URL of http or https`);
  // As it is written: a URL does not show an empty name or fragment.
  const authority = /^[^/]*\/\/([^/?#]*)/.exec(url)?.[1] ?? "";
  if (authority.includes("@")) throw new Error("a URL with a user name is not allowed");
  if (url.includes("#")) throw new Error(`${url} has a fragment`);
  // A name that merely resolves to this machine is not one of it.
  if (protocol === "http:" && !isLoopbackHost(hostname))
    throw new Error(`${url} must use https: ${hostname} is remote`);
  return url;
}

/**
 * The headers that a plugin may send, without those that the client makes itself.
 *
 * @throws Error that names a header that is not valid
 */
export function remoteHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`the header ${twice} stands twice`);
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) throw new Error(`${name} is no name of a header`);
    if (!/^[\t\x20-\x7e]*$/.test(value)) throw new Error(`the value of the header ${name} is not valid`);
  }
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OWNED.has(name.toLowerCase())));
}
