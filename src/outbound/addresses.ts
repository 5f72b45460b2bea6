import { isIP } from "node:net";
import type { IPv4, IPv6 } from "ipaddr.js";

/** Addresses outside link-local ranges at which clouds hand a machine its credentials. */
const METADATA_SERVICES = [
  "fd00:ec2::254",
  "fd20:ce::254",
  "100.100.100.200",
  "168.63.129.16",
  "192.0.0.192",
];

/** Resolves to true for addresses of the open internet. Text that is not an address resolves to false. */
export async function isPublicAddress(address: string): Promise<boolean> {
  const parsed = await parse(address);
  return parsed !== undefined && parsed.range() === "unicast" && isGlobal(parsed);
}

/** Resolves to true for link-local and other metadata services. Text that is not an address resolves to true. */
export async function isMetadataAddress(address: string): Promise<boolean> {
  const parsed = await parse(address);
  if (parsed === undefined) return true;
  const target = await translated(parsed);
  return target.range() === "linkLocal" || METADATA_SERVICES.includes(target.toString());
}

/** IPv6 addresses outside 2000::/3 are assigned to no network, whatever the table calls them. */
function isGlobal(address: IPv4 | IPv6): boolean {
  return address.kind() === "ipv4" || ((address.toByteArray()[0] ?? 0) & 0xe0) === 0x20;
}

/** Parses an address; IPv4 written as IPv6 (`::ffff:…`) becomes IPv4. */
async function parse(address: string): Promise<IPv4 | IPv6 | undefined> {
  const [withoutZone = address] = address.split("%");
  if (isIP(withoutZone) === 0) return undefined;
  const { default: ipaddr } = await import("ipaddr.js");
  return ipaddr.process(withoutZone);
}

/** Returns the IPv4 address behind an IPv6 address that a NAT64 or 6to4 gateway translates. */
async function translated(address: IPv4 | IPv6): Promise<IPv4 | IPv6> {
  const { default: ipaddr } = await import("ipaddr.js");
  const bytes = address.toByteArray();
  switch (address.range()) {
    case "rfc6052":
      return ipaddr.fromByteArray(bytes.slice(12));
    case "6to4":
      return ipaddr.fromByteArray(bytes.slice(2, 6));
    default:
      return address;
  }
}
