/**
 * The callers that share limits with an IP address: itself for IPv4, and its /64 network for IPv6, because a single
 * machine has all addresses of one.
 */
export function addressGroup(address: string): string {
  const text = address.toLowerCase().replace(/%.*$/, "");
  if (!text.includes(":")) return text;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(text)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = text.split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => "0");
  return `${[...front, ...zeros, ...back].slice(0, 4).join(":")}::/64`;
}
