import { AgentServerError, messageOf } from "../errors.ts";
import { isObject } from "../is-object.ts";
import { SETTINGS, type Setting, type SettingName } from "./reference-settings.ts";

/** Variables of an environment, by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads a setting from the environment, by the rules of the reference. Returns undefined if it is not set, and null
 * for `OH_X_IS_NONE=1`. Unlike in the reference, a list replaces the whole list of the file, so that no old key stays
 * valid.
 */
export function settingFromEnvironment(name: SettingName, environment: Environment): unknown {
  const variable = `OH_${name.toUpperCase()}`;
  const { type, fields }: Setting = SETTINGS[name];
  if (type === "list") return listFromEnvironment(variable, environment);
  if (type === "objects") {
    return fields === undefined
      ? objectsFromEnvironment(variable, environment)
      : fieldsFromEnvironment(variable, { environment, fields });
  }
  const text = environment[variable];
  if (text !== undefined) return parseText(variable, text, type);
  return isTrue(environment[`${variable}_IS_NONE`]) && isNullable(name) ? null : undefined;
}

function parseText(variable: string, text: string, type: "text" | "number" | "boolean"): unknown {
  switch (type) {
    case "text":
      return text;
    case "number":
      return parseNumber(variable, text);
    case "boolean":
      return isTrue(text);
  }
}

function isNullable(name: SettingName): boolean {
  return SETTINGS[name].schema.safeParse(null).success;
}

/** Reads a JSON array, or a number N for `X_0` to `X_(N-1)`, or `X_0`, `X_1`, … up to the first gap. */
function listFromEnvironment(variable: string, environment: Environment): unknown {
  const text = environment[variable];
  if (text === undefined) {
    const items = numberedItems(variable, environment);
    return items.length > 0 ? items : undefined;
  }
  const value = parseJson(variable, text);
  if (typeof value === "number") return exactItems({ variable, environment, count: value });
  if (!Array.isArray(value)) throw invalid(variable, 'a JSON array such as ["a","b"], or a number of items');
  for (const [index, item] of numberedItems(variable, environment).entries()) value[index] = item;
  return value;
}

/** Reads a JSON array. Variables for single parts of it are refused: they would be left out without a word. */
function objectsFromEnvironment(variable: string, environment: Environment): unknown {
  const part = Object.keys(environment).find((name) => name.startsWith(`${variable}_`));
  if (part !== undefined) throw invalid(part, `no such variable, but a JSON array of objects in ${variable}`);
  const text = environment[variable];
  return text === undefined ? undefined : parseJson(variable, text);
}

/**
 * Reads objects whose fields have variables: a JSON array, or a number N of objects, and over that `X_0` as a JSON
 * object and `X_0_FIELD`. Without `X` they are counted up to the first gap. A variable of no field is refused: it would
 * be left out without a word.
 */
function fieldsFromEnvironment(
  variable: string,
  { environment, fields }: { environment: Environment; fields: NonNullable<Setting["fields"]> },
): unknown {
  const text = environment[variable];
  const given = text === undefined ? [] : parseJson(variable, text);
  const exact = typeof given === "number" ? given : undefined;
  if (!Array.isArray(given) && exact === undefined) {
    throw invalid(variable, "a JSON array of objects, or their number");
  }
  const items: unknown[] = Array.isArray(given) ? [...given] : [];
  const count = countOfObjects(variable, environment);
  if (exact !== undefined && count < exact) {
    throw invalid(variable, `${exact} objects, but there is no variable of ${variable}_${count}`);
  }
  for (let index = 0; index < (exact ?? count); index += 1) {
    const part = `${variable}_${index}`;
    const whole = environment[part];
    const base = whole === undefined ? items[index] : parseJson(part, whole);
    items[index] = { ...(isObject(base) ? base : {}), ...fieldsOf(part, { environment, fields }) };
  }
  return text === undefined && items.length === 0 ? undefined : items;
}

function countOfObjects(variable: string, environment: Environment): number {
  const names = Object.keys(environment).filter((name) => environment[name] !== undefined);
  for (let index = 0; ; index += 1) {
    const part = `${variable}_${index}`;
    if (!names.some((name) => name === part || name.startsWith(`${part}_`))) return index;
  }
}

function fieldsOf(
  part: string,
  { environment, fields }: { environment: Environment; fields: NonNullable<Setting["fields"]> },
): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(`${part}_`) || text === undefined) continue;
    const field = name.slice(part.length + 1).toLowerCase();
    const type = Object.hasOwn(fields, field) ? fields[field] : undefined;
    if (type === undefined)
      throw invalid(name, `no such variable, but ${part}_ with one of ${Object.keys(fields).join(", ")}`);
    found[field] = type === "json" ? parseJson(name, text) : parseText(name, text, type);
  }
  return found;
}

function numberedItems(variable: string, environment: Environment): string[] {
  const items: string[] = [];
  for (let index = 0; ; index += 1) {
    const item = environment[`${variable}_${index}`];
    if (item === undefined) return items;
    items.push(item);
  }
}

function exactItems(from: { variable: string; environment: Environment; count: number }): string[] {
  const items = numberedItems(from.variable, from.environment);
  if (items.length >= from.count) return items.slice(0, from.count);
  throw invalid(from.variable, `${from.count} items, but ${from.variable}_${items.length} is missing`);
}

function parseNumber(variable: string, text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw invalid(variable, "a number");
  return value;
}

function parseJson(variable: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(variable, `JSON (${messageOf(error)})`);
  }
}

function isTrue(text: string | undefined): boolean {
  return text === "1" || text?.toLowerCase() === "true";
}

function invalid(variable: string, expected: string): AgentServerError {
  return new AgentServerError("bad_request", `${variable}: expected ${expected}`);
}
