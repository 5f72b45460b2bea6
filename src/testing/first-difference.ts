/** Where two values part. */
export interface Difference {
  /** Such as `messages[2].content`; empty for the values themselves. */
  path: string;
  expected: unknown;
  actual: unknown;
}

/**
 * The first place where `actual` is not what was expected, or undefined. Inside `expected`, a RegExp is matched with
 * text and a function is asked; with `subset`, keys that `expected` leaves out may be anything.
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
    const found = firstDifference(expected[key], actual[key], { subset, path: below });
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A value as an error message shows it, at most `limit` characters long. */
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
