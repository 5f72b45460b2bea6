import { z } from "zod";
import { kindUnion } from "./kind-union.ts";
import { nullable } from "./nullable.ts";

/** Stands in for a secret in answers. On the way in it means "not set", as does a blank string. */
export const REDACTED = "**********";

/** A secret value: blank text and the redaction marker count as absent. */
export const secretString = z
  .string()
  .nullable()
  .default(null)
  .transform((value) => (value === null || value.trim() === "" || value === REDACTED ? null : value));

const staticSecret = z
  .object({ value: secretString, description: nullable(z.string()), kind: z.literal("StaticSecret") })
  .meta({ id: "StaticSecret" });

const lookupSecret = z
  .object({
    url: z.string(),
    headers: z.record(z.string(), z.string()).default({}),
    description: nullable(z.string()),
    kind: z.literal("LookupSecret"),
  })
  .meta({ id: "LookupSecret" });

const base = "openhands.sdk.secret.secrets.SecretSource";

export const secretSource = kindUnion([staticSecret, lookupSecret], { base });

/** `POST …/secrets` also takes bare strings and `{value}` without a kind. */
const lenientSecretSource = z.union([
  z.string().transform((value) => ({ kind: "StaticSecret" as const, value, description: null })),
  kindUnion([staticSecret, lookupSecret], { base, fallback: "StaticSecret" }),
]);

export const updateSecretsRequest = z
  .object({ secrets: z.record(z.string(), lenientSecretSource) })
  .meta({ id: "UpdateSecretsRequest" });

/** A secret value, or where to look it up. */
export type SecretSource = z.output<typeof secretSource>;
/** Secrets by name. */
export type SecretSources = Record<string, SecretSource>;
