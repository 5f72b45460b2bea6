import { z } from "zod";
import { secretString } from "../../../wire/secret-source.ts";
import type { SettingsField } from "../../../wire/settings/settings-schema.ts";

/** A field as a form shows it, beyond what its schema says. */
export interface FormField {
  /** Default: the field's name in words. */
  label?: string;
  description?: string;
  /** Default: minor. */
  prominence?: SettingsField["prominence"];
  /** Names of fields in the same section, or `field=value`. */
  dependsOn?: readonly string[];
  /** Default: that of the section. */
  variant?: string;
}

export interface FormSection {
  key: string;
  label: string;
  variant: string | null;
  /** Stands before the names of the fields. Default: nothing. */
  prefix?: string;
  /** The schemas by name. */
  shape: Readonly<Record<string, z.ZodType>>;
  /** The value of the section when nothing is set. */
  defaults: Readonly<Record<string, unknown>>;
  /** The fields that are shown, in order. */
  fields: Readonly<Record<string, FormField>>;
}

/** Describes one field of a section from its schema, its default and its table entry. */
export function formField(name: string, field: FormField, section: FormSection): SettingsField {
  const { key, label, variant, prefix = "", shape, defaults } = section;
  const schema = shape[name];
  if (schema === undefined) throw new TypeError(`settings have no field ${name}`);
  const isSecret = schema === secretString;
  const inner = unwrapped(schema);
  return {
    key: prefix + name,
    label: field.label ?? inWords(name),
    description: field.description ?? null,
    section: key,
    section_label: label,
    value_type: isSecret ? "string" : valueType(inner),
    default: isSecret ? null : (defaults[name] ?? null),
    prominence: field.prominence ?? "minor",
    depends_on: (field.dependsOn ?? []).map((dependency) => prefix + dependency),
    secret: isSecret,
    choices: choicesOf(inner).map((value) => ({ value, label: value })),
    variant: field.variant ?? variant,
  };
}

const ACRONYMS: ReadonlySet<string> = new Set(["api", "aws", "id", "llm", "url"]);

function inWords(name: string): string {
  return name
    .split("_")
    .map((part) => (ACRONYMS.has(part) ? part.toUpperCase() : part.charAt(0).toUpperCase() + part.slice(1)))
    .join(" ");
}

/** The schema below defaults and null. */
function unwrapped(schema: unknown): unknown {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodNullable || schema instanceof z.ZodPrefault)
    return unwrapped(schema.unwrap());
  if (schema instanceof z.ZodPipe) return unwrapped(schema.out);
  return schema;
}

function valueType(schema: unknown): SettingsField["value_type"] {
  if (schema instanceof z.ZodBoolean) return "boolean";
  if (schema instanceof z.ZodNumber) return schema.isInt ? "integer" : "number";
  if (schema instanceof z.ZodArray) return "array";
  if (schema instanceof z.ZodRecord || schema instanceof z.ZodObject) return "object";
  return "string";
}

function choicesOf(schema: unknown): string[] {
  if (schema instanceof z.ZodEnum) return schema.options.map(String);
  if (schema instanceof z.ZodLiteral) return [...schema.values].map(String);
  return [];
}
