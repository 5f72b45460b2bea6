import { z } from "zod";
import { once } from "../../once.ts";

/** Answer of `GET /v1/models`. */
export const gatewayModels = once(() =>
  z
    .object({
      object: z.literal("list"),
      data: z.array(
        z
          .object({
            id: z.string(),
            created: z.int(),
            object: z.literal("model"),
            owned_by: z.string(),
            shutdown_date: z.null(),
          })
          .meta({ id: "Model" }),
      ),
    })
    .meta({ id: "OpenAIModelListResponse" }),
);
