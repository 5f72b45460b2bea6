import { setTimeout as sleep } from "node:timers/promises";
import type { LoginAddress, LoginFault, LoginFetch } from "../../acp/launch/logins/http-login.ts";
import type { SharedLogin } from "../../acp/launch/logins/shared-login.ts";
import { AgentServerError, type ErrorCode } from "../../errors.ts";

/** Conversations that have logins bound to them, at most. */
const MAX_BOUND = 10_000;

/** Milliseconds before a place that is not available is asked again. */
const PROBE_DELAYS = [250, 500];

/** Logins at URLs, as clients bind them to conversations. They are forgotten with the process. */
export interface BoundLogins {
  /**
   * Binds the login of a conversation, which need not be there yet. The place is asked for it first. Other headers for
   * the same place take effect at once; another place does with the next prompt.
   *
   * @throws AgentServerError in the reference's words where the place has no login for us
   */
  bind(conversationId: string, name: string, address: LoginAddress): Promise<void>;
  find(conversationId: string, name: string): SharedLogin | undefined;
  /** The names of the logins that are bound to a conversation. */
  namesOf(conversationId: string): string[];
  /** Forgets those of one conversation. */
  forget(conversationId: string): void;
  /** Forgets all of them. */
  clear(): void;
}

type Login = InstanceType<typeof import("../../acp/launch/logins/http-login.ts").HttpLogin>;

/** Keeps logins by conversation and name. The protocol is loaded with the first one. */
export function boundLogins(fetch: LoginFetch): BoundLogins {
  const bound = new Map<string, Map<string, Login>>();
  return {
    async bind(conversationId, name, address) {
      const { HttpLogin } = await import("../../acp/launch/logins/http-login.ts");
      const login = new HttpLogin(address, fetch);
      await probe(login);
      const ofOne = bound.get(conversationId);
      const earlier = ofOne?.get(name);
      if (earlier?.source === address.url) return earlier.authorize(address.headers);
      if (ofOne !== undefined) return void ofOne.set(name, login);
      if (bound.size >= MAX_BOUND)
        throw new AgentServerError("too_many_requests", "Too many logins are bound");
      bound.set(conversationId, new Map([[name, login]]));
    },
    find: (conversationId, name) => bound.get(conversationId)?.get(name),
    namesOf: (conversationId) => [...(bound.get(conversationId)?.keys() ?? [])],
    forget: (conversationId) => void bound.delete(conversationId),
    clear: () => bound.clear(),
  };
}

async function probe(login: Login): Promise<void> {
  const { LoginError } = await import("../../acp/launch/logins/http-login.ts");
  for (let tries = 0; ; tries += 1) {
    try {
      await login.load();
      return;
    } catch (error) {
      if (!(error instanceof LoginError)) throw error;
      const delay = PROBE_DELAYS[tries];
      if (error.fault !== "unavailable" || delay === undefined) throw refusalOf(error.fault);
      await sleep(delay);
    }
  }
}

const REFUSALS: Readonly<Record<LoginFault, readonly [ErrorCode, string]>> = {
  changed: ["conflict", "Credential binding source changed"],
  rejected: ["forbidden", "Credential binding authorization was rejected"],
  unsupported: ["not_implemented", "Credential binding source is unsupported"],
  missing: ["unprocessable", "Credential binding source is invalid"],
  invalid: ["unprocessable", "Credential binding source is invalid"],
  unavailable: ["bad_gateway", "Credential binding source is unavailable"],
};

function refusalOf(fault: LoginFault): AgentServerError {
  return new AgentServerError(...REFUSALS[fault]);
}
