import { z } from "zod";
import { once } from "../../once.ts";
import { nullable } from "../nullable.ts";

/** Maximum length of a secret's description in characters. */
const MAX_DESCRIPTION = 65_536;

/** Body of `PUT /api/settings/secrets`. */
export const secretCreateRequest = once(() =>
  z
    .object({
      name: z.string(),
      value: z.string().meta({ format: "password", writeOnly: true }),
      description: nullable(z.string().max(MAX_DESCRIPTION)),
    })
    .meta({ id: "SecretCreateRequest" }),
);

/** A secret without its value. */
export const secretItem = once(() =>
  z.object({ name: z.string(), description: nullable(z.string()) }).meta({ id: "SecretItemResponse" }),
);

/** Answer of `GET /api/settings/secrets`. */
export const secretsResponse = once(() =>
  z.object({ secrets: z.array(secretItem()) }).meta({ id: "SecretsListResponse" }),
);

/** Answer of a removal. */
export const deletedResponse = once(() => z.object({ deleted: z.boolean().default(true) }));
