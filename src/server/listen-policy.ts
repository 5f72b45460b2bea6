import { AgentServerError } from "../errors.ts";
import { isLoopbackHost } from "../loopback.ts";
import type { ResolvedOptions } from "./options/resolved-options.ts";

/** Throws `bad_request` for hosts beyond loopback if callers need no credentials. */
export function refuseOpenHost(host: string, options: ResolvedOptions): void {
  if (options.apiKeys.length > 0 || options.authenticate || options.dangerouslyAllowUnauthenticated) return;
  if (isLoopbackHost(host)) return;
  // Dormant, it takes nothing but its configuration, with a key.
  if (options.deferredInit !== null && (options.deferredInit.key ?? options.secretKey) !== undefined) return;
  throw new AgentServerError(
    "bad_request",
    `refusing to listen on ${host} without a key: anyone who reaches the port could run commands on this machine. ` +
      "Set a session key (OH_SESSION_API_KEYS_0 or apiKeys), bind to 127.0.0.1, or pass " +
      "--dangerously-allow-unauthenticated (dangerouslyAllowUnauthenticated) if that is what you want.",
  );
}
