import { memoryStore } from "../../stores/memory.ts";
import type { ResolvedOptions } from "../options/resolved-options.ts";

/**
 * The options of a server while it waits to be configured: it opens no folder and sends nothing. Where a key is needed
 * to configure it, callers from elsewhere reach it although no other keys are set: everything else is refused.
 */
export function dormantOptions(options: ResolvedOptions): ResolvedOptions {
  const key = options.deferredInit?.key ?? options.secretKey;
  const isGuarded = options.apiKeys.length === 0 && options.authenticate === undefined && key !== undefined;
  const { keyless: _, ...others } = options;
  return {
    ...(isGuarded
      ? { ...others, authenticate: () => false, dangerouslyAllowUnauthenticated: false }
      : options),
    ...{
      store: memoryStore(),
      referenceData: false,
      webhooks: [],
      vscode: null,
      ui: null,
      idleShutdownSeconds: null,
    },
  };
}
