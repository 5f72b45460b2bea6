import { z } from "zod";
import { once } from "../../once.ts";
import { nullable } from "../nullable.ts";
import { REDACTED } from "../secret-source.ts";

const MAX_NAME = 128;
const MAX_URL = 2_048;
const MAX_KEY = 65_536;

const name = () => z.string().min(1).max(MAX_NAME);
const url = () => z.string().max(MAX_URL);
const key = () =>
  z
    .string()
    .max(MAX_KEY)
    .refine((text) => text.trim() !== "" && text !== REDACTED, {
      message: "Value error, api_key must be a real key, not blank or redacted",
    })
    .meta({ format: "password", writeOnly: true });

/** Body of `POST /api/llm/provider-connections`. */
export const connectionCreateRequest = once(() =>
  z
    .strictObject({
      display_name: name(),
      provider: name().default("custom"),
      api_key: key(),
      base_url: nullable(url()),
    })
    .meta({ id: "ProviderConnectionCreateRequest" }),
);

/** Body of `PATCH /api/llm/provider-connections/{connection_id}`. What is left out stays. */
export const connectionUpdateRequest = once(() =>
  z
    .strictObject({
      display_name: name().nullable().optional(),
      provider: name().nullable().optional(),
      api_key: key().nullable().optional(),
      base_url: url().nullable().optional(),
    })
    .superRefine((body, context) => {
      const cleared = (["display_name", "provider"] as const).find((field) => body[field] === null);
      if (cleared === undefined) return;
      context.addIssue({ code: "custom", message: `Value error, ${cleared} cannot be set to null` });
    })
    .meta({ id: "ProviderConnectionUpdateRequest" }),
);

/** A connection without its key. */
export const connectionResponse = once(() =>
  z
    .object({
      id: z.string(),
      display_name: z.string(),
      provider: z.string(),
      base_url: nullable(z.string()),
      created_at: z.int(),
      updated_at: z.int(),
      api_key_set: z.boolean().default(false),
    })
    .meta({ id: "ProviderConnectionResponse" }),
);
