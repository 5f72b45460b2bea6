import { hostname, userInfo } from "node:os";

export interface MachineIdentity {
  /** null for a user without an entry in the user database, as in some containers. */
  username: string | null;
  /** Without its domain. */
  hostname: string;
  home: string;
}

/** Finds out who commands run as, and on which machine. */
export function machineIdentity(): MachineIdentity {
  const host = hostname().split(".")[0] ?? "";
  try {
    const { username, homedir } = userInfo();
    return { username, hostname: host, home: homedir };
  } catch {
    return { username: null, hostname: host, home: "/" };
  }
}
