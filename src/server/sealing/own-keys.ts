import { graySwanKeysIn } from "../../agent/security/services/gray-swan-keys.ts";
import { providerKeysIn } from "../../llm/providers.ts";
import { ServerSecrets } from "../../secrets/server-secrets.ts";
import type { ResolvedOptions } from "../options/resolved-options.ts";

/** Lists the keys of the server itself: nothing that it shows has them. */
export function ownKeys(options: ResolvedOptions): ServerSecrets {
  const { apiKeys, secretKey, previousSecretKeys, environment, webhooks } = options;
  const single = [secretKey, graySwanKeysIn(environment).apiKey, ...webhooks.map(({ secret }) => secret)];
  return new ServerSecrets([
    ...apiKeys,
    ...previousSecretKeys,
    ...providerKeysIn(environment),
    ...single.filter((key) => typeof key === "string"),
  ]);
}
