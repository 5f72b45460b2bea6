import type { ResolvedOptions } from "./resolved-options.ts";

/** The options in force without keys, secrets and variables of the environment. */
export type ShownOptions = Readonly<
  Omit<
    ResolvedOptions,
    | "apiKeys"
    | "secretKey"
    | "previousSecretKeys"
    | "environment"
    | "commandEnvironment"
    | "companyProxy"
    | "webhooks"
    | "deferredInit"
  >
> & {
  /** Number of accepted session keys. */
  readonly apiKeyCount: number;
  /** Whether secrets are encrypted and kept. */
  readonly hasSecretKey: boolean;
  /** Number of webhooks. Their addresses and headers may have secrets. */
  readonly webhookCount: number;
};

/** Leaves out of the options what may not be shown. */
export function shownOptions(options: ResolvedOptions): ShownOptions {
  const { apiKeys, secretKey, previousSecretKeys: _, environment: __, ...others } = options;
  const { commandEnvironment: ___, deferredInit: ____, companyProxy: _____, webhooks, ...shown } = others;
  return Object.freeze({
    ...{ ...shown, apiKeyCount: apiKeys.length, hasSecretKey: secretKey !== undefined },
    webhookCount: webhooks.length,
  });
}
