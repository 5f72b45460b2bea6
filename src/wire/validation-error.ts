import { z } from "zod";

/** One entry of the `detail` list of a 422, in the reference's shape. */
const validationErrorItem = z
  .object({
    type: z.string().describe("Error code, for example missing or string_type"),
    loc: z
      .array(z.union([z.string(), z.int()]))
      .describe("body, query, path or header, then keys and indexes"),
    msg: z.string(),
    input: z.unknown().optional(),
    ctx: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: "ValidationError" });

const httpValidationError = z
  .object({ detail: z.array(validationErrorItem) })
  .meta({ id: "HTTPValidationError" });

/** Why a request that is well formed cannot be carried out: a text, or a code with one. */
const refusal = z
  .object({ detail: z.union([z.string(), z.record(z.string(), z.unknown())]) })
  .meta({ id: "Refusal" });

/** Body of a 422. */
export const unprocessable = z.union([httpValidationError, refusal]);

/** Body of every other error below 500. */
export const errorBody = z.object({ detail: z.unknown() }).meta({ id: "ErrorBody" });

/** One fault of a request: its place, code and text. */
export type ValidationErrorItem = z.output<typeof validationErrorItem>;
