import { z } from "zod";
import { once } from "../../once.ts";
import { accessKey } from "../../wire/access/access-keys.ts";
import { defineCollection } from "../documents/collection.ts";

/** A key as it is kept, by its id: what it allows, and a digest of its text. */
export const ACCESS_KEYS = defineCollection({
  kind: "access-key",
  label: "access key",
  schema: z.lazy(once(() => accessKey.extend({ digest: z.string() }))),
});

export type StoredAccessKey = z.output<typeof ACCESS_KEYS.schema>;
