import { BlockList, isIP } from "node:net";
import { isLoopbackHost } from "../../loopback.ts";

/** The proxies through which the machine's programs reach the internet, as variables of its environment name them. */
export interface CompanyProxy {
  /** The proxy for an address; null where it is connected to without one. */
  proxyFor(url: URL): URL | null;
  /** Variables whose proxies cannot be used: they do not speak http or https, or their password is malformed. */
  readonly unusable: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, of which lower case wins. This machine is always
 * connected to without a proxy. null when no proxy is set.
 */
export function companyProxyIn(environment: Environment): CompanyProxy | null {
  const unusable: string[] = [];
  const proxyOf = (name: string): URL | null => {
    const text = environment[name.toLowerCase()] || environment[name] || "";
    if (text === "") return null;
    const url = URL.parse(text.includes("://") ? text : `http://${text}`);
    if (url !== null && (url.protocol === "http:" || url.protocol === "https:") && isDecodable(url))
      return url;
    unusable.push(name);
    return null;
  };
  const all = proxyOf("ALL_PROXY");
  const [secure, plain] = [proxyOf("HTTPS_PROXY") ?? all, proxyOf("HTTP_PROXY") ?? all];
  if (secure === null && plain === null && unusable.length === 0) return null;
  const isExempt = exemptions(environment.no_proxy || environment.NO_PROXY || "");
  return {
    unusable,
    proxyFor: (url) => {
      const isSecure = url.protocol === "https:" || url.protocol === "wss:";
      return isExempt(url) ? null : isSecure ? secure : plain;
    },
  };
}

/** Whether name and password can be sent. They are percent-encoded in an address. */
function isDecodable({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}

/** Understands names, `.name` and `*.name` for all below them, addresses, ranges such as `10.0.0.0/8`, ports and `*`. */
function exemptions(text: string): (url: URL) => boolean {
  const entries = text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== "");
  const ranges = new BlockList();
  const names: { name: string; port: string }[] = [];
  for (const entry of entries) {
    const [, base = "", bits] = /^(.*?)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
    const address = base.replace(/^\[|\]$/g, "");
    const family = isIP(address);
    if (family === 0) names.push(namedIn(entry));
    else addRange(ranges, { address, family, bits });
  }
  const isAll = entries.includes("*");
  return (url) => {
    const host = url.hostname
      .toLowerCase()
      .replace(/^\[|\]$/g, "")
      .replace(/\.$/, "");
    if (isAll || isLoopbackHost(host) || host.endsWith(".localhost")) return true;
    const family = isIP(host);
    if (family !== 0 && ranges.check(host, family === 6 ? "ipv6" : "ipv4")) return true;
    const port = url.port || (url.protocol === "https:" || url.protocol === "wss:" ? "443" : "80");
    return names.some((entry) => isNamed(host, entry.name) && (entry.port === "" || entry.port === port));
  };
}

function namedIn(entry: string): { name: string; port: string } {
  const [, name = "", port = ""] = /^(.*?)(?::(\d{1,5}))?$/.exec(entry) ?? [];
  return { name: name.replace(/^\*?\./, ""), port };
}

/** A name stands for itself and for all below it, as in curl. */
function isNamed(host: string, name: string): boolean {
  return name !== "" && (host === name || host.endsWith(`.${name}`));
}

function addRange(
  ranges: BlockList,
  { address, family, bits }: { address: string; family: number; bits: string | undefined },
): void {
  const longest = family === 6 ? 128 : 32;
  const prefix = bits === undefined ? longest : Number(bits);
  if (prefix <= longest) ranges.addSubnet(address, prefix, family === 6 ? "ipv6" : "ipv4");
}
