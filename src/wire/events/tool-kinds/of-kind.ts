import { z } from "zod";
import { content } from "../message.ts";

/** Fields of every observation. Observations have exactly the reference's keys, because its client refuses others. */
export const shared = { content: z.array(content).default([]), is_error: z.boolean().default(false) };

/** Makes the schema of a call's arguments, as `ActionEvent.action` has them. */
export function actionOf<K extends string, S extends z.ZodRawShape>(kind: K, shape: S) {
  return z.object({ ...shape, kind: z.literal(kind) }).meta({ id: kind });
}

/** Makes the schema of a result, as `ObservationEvent.observation` has it. */
export function observationOf<K extends string, S extends z.ZodRawShape>(kind: K, shape: S) {
  return z.object({ ...shared, ...shape, kind: z.literal(kind) }).meta({ id: kind });
}
