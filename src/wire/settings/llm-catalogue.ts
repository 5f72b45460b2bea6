import { z } from "zod";
import { once } from "../../once.ts";

const names = once(() => z.array(z.string()));

/** Answer of `GET /api/llm/providers`. */
export const providersResponse = once(() =>
  z.object({ providers: names() }).meta({ id: "ProvidersResponse" }),
);

/** Answer of `GET /api/llm/models`. */
export const modelsResponse = once(() => z.object({ models: names() }).meta({ id: "ModelsResponse" }));

/** Answer of `GET /api/llm/models/verified`: models by provider. */
export const verifiedModelsResponse = once(() =>
  z.object({ models: z.record(z.string(), names()) }).meta({ id: "VerifiedModelsResponse" }),
);
