import type { LookupAddress, LookupOptions } from "node:dns";
import { lookup } from "node:dns/promises";
import { isIP, type LookupFunction } from "node:net";

/** Decides whether a connection to an IP address is allowed. */
export type Guard = (address: string) => Promise<boolean>;

/** Looks a name up. Rejects if none of its addresses is allowed. */
export async function allowedAddresses(
  hostname: string,
  { allows, ...options }: LookupOptions & { allows: Guard },
): Promise<[LookupAddress, ...LookupAddress[]]> {
  const addresses = await lookup(hostname, { ...options, all: true });
  const verdicts = await Promise.all(addresses.map(({ address }) => allows(address)));
  const [first, ...others] = addresses.filter((_, index) => verdicts[index]);
  if (first === undefined) throw refusal(hostname);
  return [first, ...others];
}

/** A lookup for connections, as `allowedAddresses`: a name is judged at the moment it is connected to. */
export function guardedLookup(allows: Guard): LookupFunction {
  return (hostname, options, callback) => {
    allowedAddresses(hostname, { ...options, allows }).then(
      ([first, ...others]) => {
        if (options.all) callback(null, [first, ...others]);
        else callback(null, first.address, first.family);
      },
      (error: Error) => callback(error, "", 0),
    );
  };
}

/** The refusal of a host or address. */
export function refusal(host: string): Error {
  return new Error(`${host} is an address that this server does not open for users`);
}

/** How another program may reach a host that a user named. */
export type HostVerdict =
  /** Its addresses that are allowed, which the program must use instead of looking the name up again. */
  | { readonly outcome: "allowed"; readonly addresses: readonly string[] }
  | { readonly outcome: "refused" | "unknown" };

/** Judges a host for a program that connects by itself. A literal address is judged as it is. */
export async function judgeHost(host: string, allows: Guard): Promise<HostVerdict> {
  const hostname = host.replace(/^\[|\]$/g, "");
  const found = isIP(hostname) !== 0 ? [hostname] : await addressesOf(hostname);
  if (found.length === 0) return { outcome: "unknown" };
  const verdicts = await Promise.all(found.map(allows));
  const addresses = found.filter((_, index) => verdicts[index]);
  return addresses.length === 0 ? { outcome: "refused" } : { outcome: "allowed", addresses };
}

/** Empty for a name that does not resolve. */
async function addressesOf(hostname: string): Promise<string[]> {
  const found = await lookup(hostname, { all: true }).catch(() => []);
  return found.map(({ address }) => address);
}
