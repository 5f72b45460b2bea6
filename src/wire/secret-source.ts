import { z } from "zod";
import { isObject } from "../is-object.ts";
import { kindUnion } from "./kind-union.ts";
import { nullable } from "./nullable.ts";
import { secretsByName } from "./secret-limits.ts";

/** Replaces secrets in answers. In requests it means "not set", as does a blank string. */
export const REDACTED = "**********";

/** Whether a value is a secret that is not set: blank text, or the mark that stands for a secret in answers. */
export function isUnset(value: unknown): boolean {
  return typeof value === "string" && (value === REDACTED || value.trim() === "");
}

/** A secret value, required. Blank text and `REDACTED` become null. */
export const requiredSecret = z
  .string()
  .nullable()
  .transform((value) => (isUnset(value) ? null : value))
  // A transform alone has no type in the document.
  .pipe(z.string().nullable());

/** A secret value. Blank text and `REDACTED` become null. */
export const secretString = requiredSecret.default(null);

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
const lenientSecretSource = z.preprocess(asSource, secretSource);

function asSource(input: unknown): unknown {
  if (typeof input === "string") return { kind: "StaticSecret", value: input };
  return isObject(input) && !("kind" in input) ? { ...input, kind: "StaticSecret" } : input;
}

export const updateSecretsRequest = z
  .object({ secrets: secretsByName(lenientSecretSource) })
  .meta({ id: "UpdateSecretsRequest" });

/** A secret: its value, or the URL and headers with which it is looked up. */
export type SecretSource = z.output<typeof secretSource>;
/** Secrets by the name of the variable that commands see. */
export type SecretSources = Record<string, SecretSource>;
