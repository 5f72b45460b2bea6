import { z } from "zod";
import { kindUnion } from "./kind-union.ts";
import { nullable } from "./nullable.ts";
import { secretsByName } from "./secret-limits.ts";

/** Replaces secrets in answers. In requests it means "not set", as does a blank string. */
export const REDACTED = "**********";

/** A secret value. Blank text and `REDACTED` become null. */
export const secretString = z
  .string()
  .nullable()
  .default(null)
  .transform((value) => (value === null || value.trim() === "" || value === REDACTED ? null : value));

const staticSecret = z
  .object({ description: nullable(z.string()), value: secretString, kind: z.literal("StaticSecret") })
  .meta({ id: "StaticSecret" });

const lookupSecret = z
  .object({
    description: nullable(z.string()),
    url: z.string(),
    headers: z.record(z.string(), z.string()).default({}),
    kind: z.literal("LookupSecret"),
  })
  .meta({ id: "LookupSecret" });

const base = "openhands.sdk.secret.secrets.SecretSource";

export const secretSource = kindUnion([lookupSecret, staticSecret], { base });

/** A secret as `POST …/secrets` accepts it: also as a string, or as `{value}` without a kind. */
const lenientSecretSource = z.union([
  z.string().transform((value) => ({ kind: "StaticSecret" as const, value, description: null })),
  kindUnion([lookupSecret, staticSecret], { base, fallback: "StaticSecret" }),
]);

export const updateSecretsRequest = z
  .object({ secrets: secretsByName(lenientSecretSource) })
  .meta({ id: "UpdateSecretsRequest" });

/** A secret: its value, or the URL and headers with which it is looked up. */
export type SecretSource = z.output<typeof secretSource>;
/** Secrets by the name of the variable that commands see. */
export type SecretSources = Record<string, SecretSource>;
