import { SourceError } from "./source-error.ts";

/** The host that git asks for a repository. */
export interface RemoteHost {
  /** A name, or an address; one of IPv6 in brackets. */
  host: string;
  /** null where the addresses of a connection cannot be set. */
  port: string | null;
}

const WEB_AUTHORITY = /^https?:\/\/(?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?(?:\/|$)/i;
const OTHER_URL = /^(?:git|ssh):\/\/(?:[\w.+~-]+@)?([\w.-]+|\[[\da-f:.]+\])(?::\d+)?(\/.*)?$/is;
const SHORT_SSH = /^[\w.-]+@([\w.-]+):(.*)$/s;

/** Brackets as they are and as git decodes them. */
const BRACKETS = /[[\]]|%5[bd]/i;

/**
 * Finds the host of a URL as git will. undefined for files of this machine.
 *
 * Git reads some URLs unlike others do: it decodes those of SSH before it looks for their host, and takes one in
 * brackets from the path. A host that is judged must be the one that is asked, so only URLs with one reading are taken.
 *
 * @throws SourceError `invalid_source`
 */
export function remoteHost(url: string): RemoteHost | undefined {
  if (url.startsWith("file://")) return undefined;
  if (WEB_AUTHORITY.test(url)) {
    const { protocol, hostname, port } = new URL(url);
    return { host: hostname, port: port || (protocol === "https:" ? "443" : "80") };
  }
  const [, host, path = ""] = OTHER_URL.exec(url) ?? SHORT_SSH.exec(url) ?? [];
  if (host === undefined || BRACKETS.test(path))
    throw new SourceError("invalid_source", "The host of the repository cannot be told for sure.");
  return { host, port: null };
}
