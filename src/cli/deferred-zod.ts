import module from "node:module";
import type { z as Zod } from "zod";
import { isObject } from "../is-object.ts";
import { once } from "../once.ts";

type Call = (...args: unknown[]) => object;

/** Functions of zod that make a schema. */
const MAKERS = new Set(
  words(`any array bigint boolean cidrv4 cidrv6 codec custom date discriminatedUnion email enum exactOptional file float32
    float64 function guid hostname httpUrl instanceof int int32 intersection ipv4 ipv6 json jwt keyof literal
    looseObject looseRecord map never nonoptional null nullable nullish number object optional partialRecord pipe prefault
    preprocess promise readonly record set strictObject string stringFormat stringbool symbol templateLiteral transform
    tuple undefined union unknown url uuid uuidv4 void xor`),
);

/** Methods of a schema that make another one of it. */
const METHODS = new Set(
  words(`and array brand catch catchall check default describe email endsWith exactOptional exclude extend extract gt gte
    includes int keyof length loose lowercase lt lte max maxLength meta min minLength multipleOf negative nonempty
    nonnegative nonoptional nonpositive normalize nullable nullish omit optional or overwrite partial passthrough pick pipe
    positive prefault readonly refine regex required rest safe safeExtend startsWith strict strip superRefine toLowerCase
    toUpperCase transform trim uppercase url uuid with`),
);

/** Builds the schema that an object of `planned` stands for. */
const builders = new WeakMap<object, () => object>();

const zod = once(() => {
  const load = module.createRequire(import.meta.url);
  return (load("./zod.cjs") as { z: Record<PropertyKey, unknown> }).z;
});

/**
 * Stands in for zod's `z` in the built command. A schema is only noted down where a module defines it, and built when
 * it is first used; zod is loaded with the first of them. Built at the start, the schemas took a third of its time.
 * Code that reads a schema while modules are loaded (`.shape`, `.options`) undoes this, so it belongs into a function.
 */
export const z = new Proxy({} as typeof Zod, {
  get(_, name) {
    if (name === "lazy") return (build: () => object) => planning(zod, name)(() => built(build()));
    return MAKERS.has(name as string) ? planning(zod, name) : exported(name);
  },
});

/** Returns a function that notes down a call of the method `name`. Its arguments and their members may be schemas. */
function planning(target: () => object, name: PropertyKey): Call {
  return (...args) => planned(() => Reflect.apply(methodOf(target(), name), target(), args.map(settled)));
}

function planned(build: () => object): object {
  const schema = once(build);
  const stand = new Proxy(
    {},
    {
      get: (_, name) => (METHODS.has(name as string) ? planning(schema, name) : read(schema(), name)),
      has: (_, name) => name in schema(),
      getPrototypeOf: () => Object.getPrototypeOf(schema()) as object,
    },
  );
  builders.set(stand, schema);
  return stand;
}

/** Reads a property of a built schema. */
function read(schema: object, name: PropertyKey): unknown {
  const value: unknown = Reflect.get(schema, name);
  return typeof value === "function" ? value.bind(schema) : value;
}

/** Reads what zod exports in addition to the makers: classes, and functions that take schemas. */
function exported(name: PropertyKey): unknown {
  const value: unknown = zod()[name];
  if (typeof value !== "function" || /^[A-Z]/.test(String(name))) return value;
  return (...args: unknown[]) => Reflect.apply(value, undefined, args.map(built));
}

function methodOf(target: object, name: PropertyKey): (...args: unknown[]) => object {
  return Reflect.get(target, name) as (...args: unknown[]) => object;
}

/** Replaces a planned schema, and those in a list or an object, by built ones. */
function settled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(built);
  if (!isObject(value) || Object.getPrototypeOf(value) !== Object.prototype) return built(value);
  const fields = Object.entries(Object.getOwnPropertyDescriptors(value));
  return Object.defineProperties(
    {},
    Object.fromEntries(fields.map(([name, field]) => [name, builtField(field)])),
  );
}

/** Getters stay getters: that is how a schema has itself as a field. */
function builtField({ get, ...field }: PropertyDescriptor): PropertyDescriptor {
  if (get === undefined) return { ...field, value: built(field.value) };
  return { ...field, get: () => built(get()) };
}

function built(value: unknown): unknown {
  return isObject(value) ? (builders.get(value)?.() ?? value) : value;
}

function words(text: string): string[] {
  return text.split(/\s+/);
}
