import { z } from "zod";
import { once } from "../../once.ts";
import { nullable } from "../nullable.ts";

/** The fields of settings as a form shows them. */
export const settingsSchema = once(() => {
  const settingsChoice = z
    .object({ value: z.union([z.boolean(), z.number(), z.string()]), label: z.string() })
    .meta({ id: "SettingsChoice" });

  const prominence = z.enum(["critical", "major", "minor"]).meta({ id: "SettingProminence" });

  const settingsField = z
    .object({
      key: z.string().describe("Path in the settings, with dots"),
      label: z.string(),
      description: nullable(z.string()),
      section: z.string(),
      section_label: z.string(),
      value_type: z.enum(["string", "integer", "number", "boolean", "array", "object"]),
      default: z.unknown(),
      prominence: prominence.default("minor").describe("The view of a form in which the field first appears"),
      depends_on: z
        .array(z.string())
        .default([])
        .describe("Fields that must be on, or as `field=value` have that value, for this one to matter"),
      secret: z.boolean().default(false),
      choices: z.array(settingsChoice).default([]),
      variant: nullable(z.string()).describe(
        "The `agent_kind` that the field belongs to; null for every kind",
      ),
    })
    .meta({ id: "SettingsFieldSchema" });

  const settingsSection = z
    .object({
      key: z.string(),
      label: z.string(),
      fields: z.array(settingsField),
      variant: nullable(z.string()).describe(
        "The `agent_kind` that the section belongs to; null for every kind",
      ),
    })
    .meta({ id: "SettingsSectionSchema" });

  return z
    .object({ model_name: z.string(), sections: z.array(settingsSection) })
    .meta({ id: "SettingsSchema" });
});

export type SettingsSchema = z.output<ReturnType<typeof settingsSchema>>;
export type SettingsSection = SettingsSchema["sections"][number];
export type SettingsField = SettingsSection["fields"][number];
