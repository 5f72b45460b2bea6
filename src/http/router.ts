export interface RouterEntry<T> {
  method: string;
  /** With parameters in braces: `/api/conversations/{conversation_id}`. */
  path: string;
  target: T;
}

type RouteMatch<T> =
  | { kind: "found"; target: T; params: Record<string, string> }
  | { kind: "wrong_method"; allow: string[] }
  /** The path exists with its trailing slash added or removed. */
  | { kind: "slash_mismatch" }
  | { kind: "unknown" };

export interface Router<T> {
  match(method: string, pathname: string): RouteMatch<T>;
  /** Whether the path, or the same with the other trailing slash, belongs to any route, whatever the method. */
  knows(pathname: string): boolean;
}

/** One path template and what each of its methods leads to. */
interface Resource<T> {
  segments: readonly Segment[];
  methods: Map<string, T>;
}

type Segment = { literal: string } | { parameter: string };

interface Candidate<T> {
  resource: Resource<T>;
  params: Record<string, string>;
}

const NO_PARAMS: Record<string, string> = Object.freeze({});

/**
 * Finds routes by path and method. Literal segments win over parameters, and a template that lacks the method
 * leaves it to the next one that has it. A path without parameters costs two look-ups.
 */
export function createRouter<T>(entries: readonly RouterEntry<T>[]): Router<T> {
  const resources = toResources(entries);
  const byLength = Map.groupBy(
    [...resources.values()].sort(literalsFirst),
    ({ segments }) => segments.length,
  );

  function candidates(pathname: string): Candidate<T>[] {
    const parts = pathname.split("/").map(decodeSegment);
    return (byLength.get(parts.length) ?? []).flatMap((resource) => {
      const params = matchSegments(resource.segments, parts);
      return params === undefined ? [] : [{ resource, params }];
    });
  }

  return {
    match(method, pathname) {
      const literal = resources.get(pathname)?.methods.get(method);
      if (literal !== undefined) return { kind: "found", target: literal, params: NO_PARAMS };

      const found = candidates(pathname);
      for (const { resource, params } of found) {
        const target = resource.methods.get(method);
        if (target !== undefined) return { kind: "found", target, params };
      }
      if (found.length > 0) return { kind: "wrong_method", allow: allowedMethods(found) };
      return candidates(otherSlash(pathname)).length > 0 ? { kind: "slash_mismatch" } : { kind: "unknown" };
    },
    knows: (pathname) =>
      resources.has(pathname) ||
      candidates(pathname).length > 0 ||
      candidates(otherSlash(pathname)).length > 0,
  };
}

/** The path with its trailing slash added, or removed. */
export function otherSlash(pathname: string): string {
  return pathname.endsWith("/") ? pathname.slice(0, -1) : `${pathname}/`;
}

function toResources<T>(entries: readonly RouterEntry<T>[]): Map<string, Resource<T>> {
  const resources = new Map<string, Resource<T>>();
  for (const { method, path, target } of entries) {
    const resource = resources.get(path) ?? { segments: path.split("/").map(toSegment), methods: new Map() };
    if (resource.methods.has(method)) throw new Error(`Two routes answer ${method} ${path}`);
    resource.methods.set(method, target);
    resources.set(path, resource);
  }
  return resources;
}

function toSegment(text: string): Segment {
  return text.startsWith("{") && text.endsWith("}") ? { parameter: text.slice(1, -1) } : { literal: text };
}

function literalsFirst<T>(a: Resource<T>, b: Resource<T>): number {
  for (const [index, segment] of a.segments.entries()) {
    const other = b.segments[index];
    if (other === undefined) return 0;
    const difference = Number("parameter" in segment) - Number("parameter" in other);
    if (difference !== 0) return difference;
  }
  return 0;
}

function matchSegments(
  segments: readonly Segment[],
  parts: readonly string[],
): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = parts[index];
    if (part === undefined) return undefined;
    if ("literal" in segment) {
      if (segment.literal !== part) return undefined;
    } else {
      if (part === "") return undefined;
      params[segment.parameter] = part;
    }
  }
  return params;
}

function allowedMethods<T>(found: readonly Candidate<T>[]): string[] {
  return [...new Set(found.flatMap(({ resource }) => [...resource.methods.keys()]))].sort();
}

/** A segment that is not valid percent-encoding stands for itself. */
function decodeSegment(segment: string): string {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
