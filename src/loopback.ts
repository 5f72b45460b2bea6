const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/i;

/** True for host names that reach only this machine. Takes IPv6 with and without brackets; a port must be cut off. */
export function isLoopbackHost(host: string): boolean {
  return LOOPBACK.test(host);
}

const LOOPBACK_ADDRESS = /^(?:(?:::ffff:)?127(?:\.\d{1,3}){3}|::1)$/i;

/** True for the IP address of a peer on this machine. IPv4 may be written as IPv6, as sockets that serve both do. */
export function isLoopbackAddress(address: string): boolean {
  return LOOPBACK_ADDRESS.test(address);
}
