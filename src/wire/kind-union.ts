import { z } from "zod";
import { isObject } from "../is-object.ts";
import { jsonText } from "../json-text.ts";
import { once } from "../once.ts";

type Variant = z.ZodObject<{ kind: z.ZodLiteral<string> | z.ZodDefault<z.ZodLiteral<string>> }>;

/** Maximum number of characters of an unknown kind that its error repeats. */
const MAX_SHOWN = 200;

export interface KindUnionOptions {
  /** Dotted name of the reference's base class, which error texts contain. */
  base: string;
  /**
   * Whether documents name the union after its base class. Default: true. A schema around it may have the name instead.
   */
  isNamed?: boolean;
  /** The kind of an object that has none. Default: `kind` is required. */
  fallback?: string;
}

/** The input of a union. With a fallback, `kind` may be left out. */
type Input<V extends Variant, O extends KindUnionOptions> = V extends Variant
  ? O extends { fallback: string }
    ? Omit<z.input<V>, "kind"> & { kind?: z.input<V>["kind"] }
    : z.input<V>
  : never;

type KindUnion<T extends readonly Variant[], O extends KindUnionOptions> = z.ZodType<
  z.output<T[number]>,
  Input<T[number], O>
>;

/**
 * Builds a union discriminated by `kind`, the class name in the reference.
 * The error for an unknown kind lists the allowed ones, in the reference's words.
 */
export function kindUnion<const T extends readonly [Variant, ...Variant[]], const O extends KindUnionOptions>(
  variants: T,
  options: O,
): KindUnion<T, O> {
  const kinds = once(() => variants.map((variant) => literalOf(variant.shape.kind)));
  const union = z.discriminatedUnion("kind", variants as unknown as [T[number], ...T[number][]], {
    error: (issue) => unknownKind(issue.input, kinds(), options.base),
  });
  const read = z.preprocess((input) => withKind(input, options.fallback), union);
  const named = options.isNamed === false ? read : read.meta({ id: nameOf(options.base) });
  return named as unknown as KindUnion<T, O>;
}

/** The class name at the end of a dotted name. */
function nameOf(base: string): string {
  return base.slice(base.lastIndexOf(".") + 1);
}

function literalOf(schema: z.ZodLiteral<string> | z.ZodDefault<z.ZodLiteral<string>>): string {
  const literal = schema instanceof z.ZodDefault ? schema.unwrap() : schema;
  return literal.value;
}

function withKind(input: unknown, fallback: string | undefined): unknown {
  if (fallback === undefined || !isObject(input) || "kind" in input) return input;
  return { ...input, kind: fallback };
}

function unknownKind(input: unknown, kinds: string[], base: string): string {
  if (!isObject(input)) return "Input should be a valid dictionary or object";
  const kind = "kind" in input ? jsonText(input.kind).slice(0, MAX_SHOWN) : "";
  const allowed = kinds.map((name) => `'${name}'`).join(", ");
  return `Value error, Unknown kind '${kind}' for ${base}; Expected one of: [${allowed}]`;
}
