import { isMetadataAddress } from "../../outbound/addresses.ts";
import { createGuardedFetch } from "../../outbound/guarded-fetch.ts";
import type { Store } from "../../stores/store.ts";
import { Webhooks } from "../../webhooks/webhooks.ts";
import type { ResolvedOptions } from "../options/resolved-options.ts";

/** The webhooks of a server. The operator may have them in a private network, so only metadata services are refused. */
export function serverWebhooks(
  { webhooks, apiKeys, logger, clock, companyProxy }: ResolvedOptions,
  store: Store,
): Webhooks | undefined {
  if (webhooks.length === 0) return undefined;
  return new Webhooks({
    ...{ webhooks, store, logger, sessionKey: apiKeys[0] },
    fetch: createGuardedFetch(async (address) => !(await isMetadataAddress(address)), companyProxy),
    now: () => clock.now(),
  });
}
