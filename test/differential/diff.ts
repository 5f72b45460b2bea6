/** A place where two values differ, written for people and for the patterns in `differences.ts`. */
export type Line = string;

interface EventLike {
  kind: string;
  key?: string;
  source?: string;
  tool_name?: string;
}

const ABSENT = Symbol("absent");

/** Only the places that differ, each with both values: `path: <reference> -> <ours>`. */
export function diff(expected: unknown, actual: unknown, path = ""): Line[] {
  if (Object.is(expected, actual)) return [];
  if (Array.isArray(expected) && Array.isArray(actual)) return diffLists(expected, actual, path);
  if (isObject(expected) && isObject(actual)) {
    if (expected.status !== actual.status && isAnswer(expected) && isAnswer(actual)) {
      return diffAnswers(expected, actual, path);
    }
    return diffObjects(expected, actual, path);
  }
  return [`${path}: ${show(expected)} -> ${show(actual)}`];
}

/** Another status makes another body; its parts are not compared one by one. */
function diffAnswers(expected: Answer, actual: Answer, path: string): Line[] {
  return [
    `${path}.status: ${expected.status} -> ${actual.status}`,
    `${path}.body: ${show(expected.body)} -> ${show(actual.body)}`,
  ];
}

function diffObjects(
  expected: Record<string, unknown>,
  actual: Record<string, unknown>,
  path: string,
): Line[] {
  const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  return [...keys].flatMap((key) =>
    diff(
      Object.hasOwn(expected, key) ? expected[key] : ABSENT,
      Object.hasOwn(actual, key) ? actual[key] : ABSENT,
      path === "" ? key : `${path}.${key}`,
    ),
  );
}

/** Lists of events are laid side by side by what they tell, so that one too many shows once and not in all the rest. */
function diffLists(expected: unknown[], actual: unknown[], path: string): Line[] {
  if (!expected.every(isEvent) || !actual.every(isEvent)) {
    const length = Math.max(expected.length, actual.length);
    return Array.from({ length }, (_, index) => index).flatMap((index) =>
      diff(
        index < expected.length ? expected[index] : ABSENT,
        index < actual.length ? actual[index] : ABSENT,
        `${path}.${index}`,
      ),
    );
  }
  return align(expected.map(signature), actual.map(signature)).flatMap(([left, right]) => {
    if (right === undefined)
      return [`${path}.${label(expected[left ?? 0])}: ${show(expected[left ?? 0])} -> absent`];
    if (left === undefined) return [`${path}.${label(actual[right])}: absent -> ${show(actual[right])}`];
    return diff(expected[left], actual[right], `${path}.${left} ${label(expected[left])}`);
  });
}

/** Pairs of indexes, longest common subsequence first; one side is undefined where the other has no match. */
function align(
  left: readonly string[],
  right: readonly string[],
): [number | undefined, number | undefined][] {
  const lengths = Array.from({ length: left.length + 1 }, () => new Array<number>(right.length + 1).fill(0));
  const at = (i: number, j: number) => lengths[i]?.[j] ?? 0;
  for (let i = left.length - 1; i >= 0; i -= 1) {
    for (let j = right.length - 1; j >= 0; j -= 1) {
      const row = lengths[i];
      if (row) row[j] = left[i] === right[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const pairs: [number | undefined, number | undefined][] = [];
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    if (i < left.length && j < right.length && left[i] === right[j]) pairs.push([i++, j++]);
    else if (j >= right.length || (i < left.length && at(i + 1, j) >= at(i, j + 1)))
      pairs.push([i++, undefined]);
    else pairs.push([undefined, j++]);
  }
  return pairs;
}

function signature(event: unknown): string {
  const { kind, key = "", source = "", tool_name = "" } = event as EventLike;
  return [kind, key, source, tool_name].join(" ");
}

function label(event: unknown): string {
  const { kind, key } = event as EventLike;
  return key === undefined ? kind : `${kind} ${key}`;
}

function isEvent(value: unknown): value is EventLike {
  return isObject(value) && typeof value.kind === "string" && "source" in value;
}

interface Answer {
  status: number;
  body: unknown;
}

function isAnswer(value: object): value is Answer {
  return "status" in value && typeof value.status === "number" && "body" in value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  return value === ABSENT ? "absent" : (JSON.stringify(value) ?? "absent");
}
