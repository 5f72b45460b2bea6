import { z } from "zod";
import { nullable } from "../nullable.ts";

/** A model that an agent of another program offers. */
export const acpModel = z
  .object({
    model_id: z.string().describe("What the program calls it; may stand for another, like `default`"),
    name: nullable(z.string()),
    description: nullable(z.string()),
  })
  .meta({ id: "ACPModelInfo" });
