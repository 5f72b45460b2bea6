import { z } from "zod";
import { once } from "../../../once.ts";
import { nullable } from "../../nullable.ts";

/** A model that an agent of another program offers. */
export const acpModel = z
  .object({
    model_id: z.string().describe("What the program calls it; may stand for another, like `default`"),
    name: nullable(z.string()),
    description: nullable(z.string()),
  })
  .meta({ id: "ACPModelInfo" });

/** Models as a conversation keeps them. What has another form counts as none. */
export const keptAcpModels = once(() => z.array(acpModel).catch([]));
