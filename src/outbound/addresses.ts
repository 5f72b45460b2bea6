import { BlockList, isIP, isIPv6 } from "node:net";

type Range = readonly [network: string, prefix: number];

/** Where clouds hand out a machine's own credentials to whoever asks from it; link-local as a whole is such a place. */
const METADATA: readonly Range[] = [
  ["169.254.0.0", 16],
  ["fe80::", 10],
  ["fd00:ec2::254", 128],
  ["fd20:ce::254", 128],
  ["100.100.100.200", 32],
  ["168.63.129.16", 32],
  ["192.0.0.192", 32],
  // Link-local IPv4 behind translators to IPv6.
  ["64:ff9b::a9fe:0", 112],
  ["2002:a9fe::", 32],
];

/** What the registries of special-purpose addresses call not globally reachable. */
const NOT_PUBLIC: readonly Range[] = [
  ...METADATA,
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
  ["::", 127],
  ["64:ff9b::", 96],
  ["64:ff9b:1::", 48],
  ["100::", 64],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["fc00::", 7],
  ["fec0::", 10],
  ["ff00::", 8],
];

const metadata = blockList(METADATA);
const notPublic = blockList(NOT_PUBLIC);

/** An address of the open internet. IPv4 addresses written as IPv6 are judged as what they are. */
export function isPublicAddress(address: string): boolean {
  return !isIn(notPublic, address);
}

/** An address of a metadata service, which nothing but the machine itself has reason to ask. */
export function isMetadataAddress(address: string): boolean {
  return isIn(metadata, address);
}

function isIn(list: BlockList, address: string): boolean {
  const [bare = address] = address.split("%");
  // What is no address cannot be judged, so it is taken for the worst.
  if (isIP(bare) === 0) return true;
  return list.check(bare, familyOf(bare));
}

function blockList(ranges: readonly Range[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of ranges) list.addSubnet(network, prefix, familyOf(network));
  return list;
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIPv6(address) ? "ipv6" : "ipv4";
}
