import { z } from "zod";
import { once } from "../../once.ts";

const MAX_DOMAINS = 100;
/** A host name or address, or `*.` and a domain for all below it. */
const DOMAIN = /^(\*\.)?[\w.:[\]-]{1,253}$/;

/** Schema of `tools[].params` of the browser tools. */
export const browserParams = once(() =>
  z.strictObject({
    /** Hosts that the browser may connect to, `*.` before a domain for all below it. Default: any. */
    allowed_domains: z
      .array(z.string().regex(DOMAIN, "must be a host, or *. and a domain"))
      .max(MAX_DOMAINS)
      .optional(),
    /** The browser has no window. */
    headless: z.literal(true).optional(),
  }),
);

/** The hosts that the agent's settings allow; null for any. */
export function allowedDomains(params: Record<string, unknown>): readonly string[] | null {
  const { allowed_domains: domains } = browserParams().parse(params);
  return domains === undefined || domains.length === 0 ? null : domains;
}
