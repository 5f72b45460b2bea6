import type { Observers } from "../../observing/observers.ts";
import { isMetadataAddress } from "../../outbound/addresses.ts";
import { createGuardedFetch } from "../../outbound/guarded-fetch.ts";
import type { Store } from "../../stores/store.ts";
import { Webhooks } from "../../webhooks/webhooks.ts";
import type { ResolvedOptions } from "../options/resolved-options.ts";
import { watchedGuardedFetch } from "../telemetry/watched-fetch.ts";

/** The webhooks of a server. The operator may have them in a private network, so only metadata services are refused. */
export function serverWebhooks(
  { webhooks, apiKeys, logger, clock, companyProxy }: ResolvedOptions,
  store: Store,
  observers: Observers,
): Webhooks | undefined {
  if (webhooks.length === 0) return undefined;
  const fetch = createGuardedFetch(async (address) => !(await isMetadataAddress(address)), companyProxy);
  return new Webhooks({
    ...{ webhooks, store, logger, sessionKey: apiKeys[0] },
    fetch: watchedGuardedFetch(fetch, "webhook", observers),
    now: () => clock.now(),
  });
}
