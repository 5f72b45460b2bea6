import type { ServerLogins } from "../../acp/launch/acp-host.ts";
import type { CustomSecrets } from "../../settings/secrets/custom-secrets.ts";

/** The secret with the login of a ChatGPT account. */
const CODEX_LOGIN = "CODEX_AUTH_JSON";

/**
 * The login of Codex among the secrets that users keep on the server: conversations share it, and what one of them
 * renews, all have. Its version is the login itself.
 */
export function savedLogins(secrets: () => Promise<CustomSecrets>): ServerLogins {
  return ({ provider }) =>
    async (name) => {
      if (name !== CODEX_LOGIN || provider?.key !== "codex") return undefined;
      const saved = await secrets();
      if ((await saved.value(name)) === null) return undefined;
      return {
        ...{ source: "saved", isBound: false },
        async read() {
          const value = await saved.value(name);
          return value === null ? undefined : { value, version: value };
        },
        async replace(version, value) {
          return (await saved.renew(name, { former: version, value })) ? value : undefined;
        },
      };
    };
}
