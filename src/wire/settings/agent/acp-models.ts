import { z } from "zod";
import { once } from "../../../once.ts";
import { acpModel } from "../../agent/acp/acp-model.ts";
import { secretsByName } from "../../secret-limits.ts";
import { secretSource } from "../../secret-source.ts";
import { acpSettings } from "./acp-settings.ts";

/** Body of `POST /api/acp/models`. */
export const acpModelsRequest = once(() =>
  z
    .object({
      agent_settings: acpSettings.describe("The program to ask, and how it is started"),
      secrets: secretsByName(secretSource).default({}).describe("What the program signs in with"),
      refresh: z.boolean().default(false).describe("Ask again, whatever is known"),
    })
    .meta({ id: "ACPModelDiscoveryRequest" }),
);

const acpModelsError = once(() =>
  z
    .object({
      code: z.string().describe("ACPAuthRequired, ACPStartupTimeout, ACPSpawnError or ACPInitError"),
      detail: z.string().describe("The cause, for people"),
    })
    .meta({ id: "ACPModelDiscoveryError" }),
);

/** Answer of `POST /api/acp/models`: the models of a program, or why they are not known. */
export const acpModelsResponse = once(() =>
  z
    .object({
      agent_name: z.string().nullable().default(null),
      agent_version: z.string().nullable().default(null),
      current_model_id: z.string().nullable().default(null).describe("What it takes when none is asked for"),
      available_models: z.array(acpModel).default([]),
      supports_runtime_model_switch: z.boolean().default(false),
      error: acpModelsError().nullable().default(null),
    })
    .meta({ id: "ACPModelDiscovery" }),
);
