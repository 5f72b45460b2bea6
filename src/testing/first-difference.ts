/** A place in which two values differ. */
export interface Difference {
  /** For example `messages[2].content`; empty for the values themselves. */
  path: string;
  expected: unknown;
  actual: unknown;
}

/**
 * Finds the first place in which `actual` differs from `expected`. `expected` may contain patterns and predicates.
 * With `subset`, `actual` may have further keys.
 */
export function firstDifference(
  expected: unknown,
  actual: unknown,
  { subset = false, path = "" }: { subset?: boolean; path?: string } = {},
): Difference | undefined {
  if (expected instanceof RegExp) {
    return expected.test(String(actual)) ? undefined : { path, expected, actual };
  }
  if (typeof expected === "function") return expected(actual) ? undefined : { path, expected, actual };
  if (!isObject(expected) || !isObject(actual) || Array.isArray(expected) !== Array.isArray(actual)) {
    return Object.is(expected, actual) ? undefined : { path, expected, actual };
  }
  const keys = new Set(Object.keys(expected));
  if (!subset || Array.isArray(expected)) for (const key of Object.keys(actual)) keys.add(key);
  for (const key of keys) {
    const below = Array.isArray(expected) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
    const difference = firstDifference(expected[key], actual[key], { subset, path: below });
    if (difference !== undefined) return difference;
  }
  return undefined;
}

/** Writes a value for an error message, cut to `limit` characters. */
export function show(value: unknown, limit = 200): string {
  const text =
    value instanceof RegExp || typeof value === "function"
      ? String(value)
      : (JSON.stringify(value) ?? "nothing");
  return text.length > limit ? `${text.slice(0, limit)}…` : text;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
