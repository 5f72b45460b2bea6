import type { ServiceKeys } from "../analyzer-host.ts";

/** Credentials of the server for GraySwan, under the names of the reference. Empty ones count as none. */
export function graySwanKeysIn(environment: Readonly<Record<string, string | undefined>>): ServiceKeys {
  return {
    apiKey: environment.GRAYSWAN_API_KEY?.trim() || undefined,
    policyId: environment.GRAYSWAN_POLICY_ID?.trim() || undefined,
  };
}
