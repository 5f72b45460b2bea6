import { isMetadataAddress } from "../../outbound/addresses.ts";
import { createGuardedFetch } from "../../outbound/guarded-fetch.ts";
import { createSelfFetch } from "../../outbound/self-fetch.ts";
import type { SettingsDeps } from "../../routes/settings/settings-deps.ts";
import type { LookupFetch } from "../../secrets/lookup-secret.ts";
import { untilAborted } from "../../waiting.ts";
import type { ResolvedOptions } from "../options/resolved-options.ts";
import { withOwnSecrets } from "./own-secrets.ts";

/** Access of the server to its own routes. */
export interface SelfAccess {
  ownUrls(): string[];
  /** Answers a request to this server in process. */
  serve(request: Request): Promise<Response>;
}

/**
 * Makes the requests that read the values of secrets. With an `authenticate` of the host, what a caller may see is its
 * matter, so its answer decides.
 */
export function lookupFetch(
  { authenticate, companyProxy }: ResolvedOptions,
  { self, settings }: { self: SelfAccess; settings: SettingsDeps },
): LookupFetch {
  const fetch: LookupFetch = createSelfFetch({
    ownUrls: self.ownUrls,
    serve: (request) => untilAborted(self.serve(request), request.signal),
    // Secrets may come from the client's machine or network, so only metadata services are refused.
    elsewhere: createGuardedFetch(async (address) => !(await isMetadataAddress(address)), companyProxy),
  });
  if (authenticate !== undefined) return fetch;
  const value = async (name: string) => (await settings.secrets()).value(name);
  return withOwnSecrets(fetch, { ownUrls: self.ownUrls, value });
}
