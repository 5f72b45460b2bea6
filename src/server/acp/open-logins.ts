import type { ServerLogins } from "../../acp/launch/acp-host.ts";
import { isMetadataAddress } from "../../outbound/addresses.ts";
import { createGuardedFetch } from "../../outbound/guarded-fetch.ts";
import type { CustomSecrets } from "../../settings/secrets/custom-secrets.ts";
import type { ResolvedOptions } from "../options/resolved-options.ts";
import { type BoundLogins, boundLogins } from "./bound-logins.ts";
import { savedLogins } from "./saved-logins.ts";

/** The logins of agents that are other programs. */
export interface Logins {
  bound: BoundLogins;
  /** Finds one that is bound to the conversation, or else one that users have saved. */
  find: ServerLogins;
}

export function openLogins(options: ResolvedOptions, secrets: () => Promise<CustomSecrets>): Logins {
  // As with lookups: where the host tells users apart, what one of them keeps is not given to all.
  const saved = options.authenticate === undefined ? savedLogins(secrets) : undefined;
  const bound = boundLogins(
    createGuardedFetch(async (address) => !(await isMetadataAddress(address)), options.companyProxy),
  );
  const find: ServerLogins = (asked) => async (name) =>
    bound.find(asked.conversationId, name) ?? saved?.(asked)(name);
  return { bound, find };
}
