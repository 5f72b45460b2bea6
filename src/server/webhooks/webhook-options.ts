import { createHash } from "node:crypto";
import type { Webhook } from "../../webhooks/webhook.ts";

/** A receiver of what happens in conversations. It is sent POST requests with JSON bodies. */
export interface WebhookOptions {
  /**
   * Its address. `/events/{id}`, `/conversations` and `/mcp-oauth-state` are added to it. It may lie in a private
   * network; only metadata services of clouds are refused.
   */
  baseUrl: string;
  /** Headers of each request. Default: none. */
  headers?: Readonly<Record<string, string>>;
  /**
   * Key of the signature that each request carries then, by the specification of Standard Webhooks: a text, or
   * `whsec_` and base64. Default: null, no signature.
   */
  secret?: string | null;
  /** Number of events with which a request is made at once, and that a request has at most. Default: 5. */
  eventBufferSize?: number;
  /** Seconds after which fewer events are sent, counted from the first of them. Default: 30. */
  flushDelay?: number;
  /** Number of attempts after the first. After the last, the messages wait for `flushDelay` or longer. Default: 3. */
  numRetries?: number;
  /** Seconds between two attempts. Default: 5. */
  retryDelay?: number;
  /** Number of messages of a conversation that wait at most. The oldest are dropped past it. Default: 1000. */
  maxQueueSize?: number;
  /** Bytes of a request at most. A single event that is longer goes alone. Default: 5 MiB. */
  maxBatchBytes?: number;
  /** Bytes of a conversation that wait at most. The oldest messages are dropped past it. Default: 50 MiB. */
  maxQueueBytes?: number;
  /**
   * Bytes of all conversations of a server that wait at most. The oldest messages are dropped past it. Default: 256 MiB.
   */
  maxTotalBytes?: number;
}

const MIB = 1024 * 1024;
const DEFAULTS = {
  eventBufferSize: 5,
  flushDelay: 30,
  numRetries: 3,
  retryDelay: 5,
  maxQueueSize: 1_000,
  maxBatchBytes: 5 * MIB,
  maxQueueBytes: 50 * MIB,
  maxTotalBytes: 256 * MIB,
};
/** The rule of each limit, in words and as a check. */
const RULES: Record<keyof typeof DEFAULTS, [string, (value: number) => boolean]> = {
  eventBufferSize: ["a whole number, 1 or more", isPositive],
  flushDelay: ["a number above 0", (value) => Number.isFinite(value) && value > 0],
  numRetries: ["a whole number, 0 or more", (value) => Number.isSafeInteger(value) && value >= 0],
  retryDelay: ["a number, 0 or more", (value) => Number.isFinite(value) && value >= 0],
  maxQueueSize: ["a whole number, 1 or more", isPositive],
  maxBatchBytes: ["a whole number, 1 or more", isPositive],
  maxQueueBytes: ["a whole number, 1 or more", isPositive],
  maxTotalBytes: ["a whole number, 1 or more", isPositive],
};

/** Fills in defaults. Throws TypeError that names the first wrong field. */
export function resolveWebhooks(webhooks: readonly WebhookOptions[]): Webhook[] {
  const seen = new Map<string, number>();
  return webhooks.map(({ baseUrl, headers = {}, secret = null, ...given }, index) => {
    const name = `webhooks[${index}]`;
    const address = addressOf(baseUrl, name);
    const times = seen.get(address) ?? 0;
    seen.set(address, times + 1);
    if (secret === "" || secret === "whsec_") throw new TypeError(`${name}.secret: must not be empty`);
    const id = createHash("sha256").update(`${times} ${address}`).digest("hex").slice(0, 32);
    return { id, baseUrl: address, headers: headersOf(headers, name), secret, ...limitsOf(given, name) };
  });
}

function addressOf(baseUrl: string, name: string): string {
  const url = URL.parse(baseUrl);
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new TypeError(`${name}.baseUrl: must be a URL of http or https`);
  }
  return baseUrl.replace(/\/+$/, "");
}

function headersOf(headers: Readonly<Record<string, string>>, name: string): Record<string, string> {
  try {
    return Object.fromEntries(new Headers(headers));
  } catch {
    throw new TypeError(`${name}.headers: has a name or a value that no header may have`);
  }
}

type Limits = Pick<Webhook, keyof typeof DEFAULTS>;

function limitsOf(given: Partial<Limits>, name: string): Limits {
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const limits: Limits = { ...DEFAULTS, ...set };
  for (const field of Object.keys(DEFAULTS) as (keyof Limits)[]) {
    const [rule, isRight] = RULES[field];
    if (!isRight(limits[field])) throw new TypeError(`${name}.${field}: must be ${rule}`);
  }
  return limits;
}

function isPositive(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}
