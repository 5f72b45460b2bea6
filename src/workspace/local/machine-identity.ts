import { hostname, userInfo } from "node:os";

/** Who commands run as, and on which machine. */
export function machineIdentity(): { username: string | null; hostname: string } {
  const host = hostname().split(".")[0] ?? "";
  try {
    return { username: userInfo().username, hostname: host };
  } catch {
    return { username: null, hostname: host };
  }
}
