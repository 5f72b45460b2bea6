import { AgentServerError } from "../errors.ts";
import { type LimitName, WIRE_NAMES } from "./caller-limits.ts";
import type { Account } from "./client.ts";

/** Fields of an answer that say what is left, in the form of draft-ietf-httpapi-ratelimit-headers. */
export type RateHeaders = Readonly<Record<"ratelimit" | "ratelimit-policy", string>>;

/** The rest of a limit that is filled up again. */
export interface Left {
  name: LimitName;
  limit: number;
  /** Number that may still come. */
  left: number;
  /** Seconds until there is as much again as there may be. */
  seconds: number;
  /** Seconds in which that much may be used. */
  window: number;
}

/** A limit that is reached. */
export interface Reached {
  account: Account;
  name: LimitName;
  limit: number;
  /** Seconds after which it is worth trying again. */
  seconds: number;
  /** Seconds in which that much may be used. Left out for what counts at one time. */
  window?: number;
}

const ALLOWED: Readonly<Record<LimitName, (limit: number) => string>> = {
  requestsPerMinute: (limit) => `${counted(limit, "request")} a minute`,
  sockets: (limit) => `${counted(limit, "open socket")} at a time`,
  runs: (limit) => `${counted(limit, "run")} at a time`,
  tokensPerHour: (limit) => `${counted(limit, "token")} an hour`,
  tokensPerDay: (limit) => `${counted(limit, "token")} a day`,
  costPerHour: (limit) => `$${limit} an hour`,
  costPerDay: (limit) => `$${limit} a day`,
};

function counted(limit: number, thing: string): string {
  return `${limit.toLocaleString("en")} ${thing}${limit === 1 ? "" : "s"}`;
}

/** Says in words what was allowed, and to whom. */
export function allowance({ account, name, limit }: Pick<Reached, "account" | "name" | "limit">): string {
  return `${account.label} may use ${ALLOWED[name](limit)}`;
}

/** The refusal of what is beyond a limit. */
export function limitReached(reached: Reached): AgentServerError {
  const { name, limit, seconds, window } = reached;
  return new AgentServerError("too_many_requests", `${WIRE_NAMES[name]}: ${allowance(reached)}`, {
    headers: {
      "retry-after": String(seconds),
      ...(window !== undefined && rateHeaders({ name, limit, left: 0, seconds, window })),
    },
  });
}

/** Says what is left of a limit. */
export function rateHeaders({ name, limit, left, seconds, window }: Left): RateHeaders {
  const policy = `"${WIRE_NAMES[name]}"`;
  return {
    "ratelimit-policy": `${policy};q=${Math.max(1, Math.floor(limit))};w=${window}`,
    ratelimit: `${policy};r=${left};t=${seconds}`,
  };
}
