import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import {
  agentSettingsSchema,
  conversationSettingsSchema,
} from "../../../src/settings/server-settings/schema/settings-schemas.ts";
import type { SettingsSchema } from "../../../src/wire/settings/settings-schema.ts";

/** One line for each field of the reference's answers; words are left out, but not whether there are any. */
const reference = readFileSync(join(import.meta.dirname, "reference-schemas.txt"), "utf8")
  .trim()
  .split("\n");

function linesOf({ model_name, sections }: SettingsSchema): string[] {
  return sections.flatMap(({ key, label, variant, fields }) =>
    fields.map((field) =>
      [
        ...[model_name, key, label, JSON.stringify(variant), field.key, field.label, field.value_type],
        ...[JSON.stringify(field.default), field.prominence, JSON.stringify(field.depends_on)],
        ...[String(field.secret), JSON.stringify(field.choices.map(({ value }) => value))],
        ...[JSON.stringify(field.variant), field.section, field.section_label],
        field.description === null ? "bare" : "described",
      ].join("\t"),
    ),
  );
}

it("forms of settings have the sections and fields of the reference, in its order", () => {
  expect([...linesOf(agentSettingsSchema()), ...linesOf(conversationSettingsSchema())]).toEqual(reference);
});

it("choices are called by their value", () => {
  const fields = agentSettingsSchema().sections.flatMap((section) => section.fields);
  const choices = fields.flatMap((field) => field.choices);
  expect(choices.length).toBeGreaterThan(10);
  expect(choices.filter(({ value, label }) => value !== label)).toEqual([]);
});
