import { parameterNames, parseTemplate, type Segment } from "./path-template.ts";

export interface RouterEntry<T> {
  method: string;
  /** Parameters stand in braces; one that takes the rest of the path ends in `:path`. */
  path: string;
  target: T;
}

export type RouteMatch<T> =
  | { kind: "found"; target: T; params: Record<string, string> }
  /** Methods that the path has, in alphabetical order. */
  | { kind: "wrong_method"; allow: string[] }
  /** The path exists with its trailing slash added or removed. */
  | { kind: "slash_mismatch" }
  | { kind: "unknown" };

/** Finds routes by path and method. */
export interface Router<T> {
  match(method: string, pathname: string): RouteMatch<T>;
  /** True when the path, or the path with the other trailing slash, belongs to any route, whatever the method. */
  knows(pathname: string): boolean;
}

interface Endpoint<T> {
  target: T;
  /** Names of the parameters, in the order of their values. */
  names: readonly string[];
}

/** The endpoints of one shape of path, by method. Templates that differ in parameter names only share a leaf. */
type Leaf<T> = Map<string, Endpoint<T>>;

interface Node<T> {
  literals: Map<string, Node<T>>;
  parameter?: Node<T>;
  /** Reached with at least one more slash behind this node. */
  tail?: Leaf<T>;
  /** Reached when the path ends here. */
  leaf?: Leaf<T>;
}

interface Candidate<T> {
  leaf: Leaf<T>;
  values: readonly string[];
}

const NO_PARAMS: Record<string, string> = Object.freeze({});

/**
 * Builds a tree of path segments, so that a match costs the length of the path and not the size of the table. At each
 * segment a literal wins over a parameter, and a parameter over a tail; a template that lacks the method leaves the
 * request to the next one that has it. A path without parameters costs one look-up.
 */
export function createRouter<T>(entries: readonly RouterEntry<T>[]): Router<T> {
  const root: Node<T> = { literals: new Map() };
  const literalPaths = new Map<string, Leaf<T>>();
  for (const entry of entries) {
    const segments = parseTemplate(entry.path);
    const leaf = leafOf(root, segments);
    if (leaf.has(entry.method)) throw new Error(`Two routes answer ${entry.method} ${entry.path}`);
    leaf.set(entry.method, { target: entry.target, names: parameterNames(segments) });
    if (segments.every(({ kind }) => kind === "literal")) literalPaths.set(entry.path, leaf);
  }

  const candidates = (pathname: string): Candidate<T>[] => {
    const fitting: Candidate<T>[] = [];
    if (pathname.startsWith("/")) collect(root, { pathname, start: 1, values: [] }, fitting);
    return fitting;
  };

  return {
    match(method, pathname) {
      const literal = literalPaths.get(pathname)?.get(method);
      if (literal !== undefined) return { kind: "found", target: literal.target, params: NO_PARAMS };

      const fitting = candidates(pathname);
      for (const { leaf, values } of fitting) {
        const endpoint = leaf.get(method);
        if (endpoint === undefined) continue;
        return { kind: "found", target: endpoint.target, params: toParams(endpoint.names, values) };
      }
      if (fitting.length > 0) return { kind: "wrong_method", allow: methodsOf(fitting) };
      return candidates(otherSlash(pathname)).length > 0 ? { kind: "slash_mismatch" } : { kind: "unknown" };
    },
    knows: (pathname) =>
      literalPaths.has(pathname) ||
      candidates(pathname).length > 0 ||
      candidates(otherSlash(pathname)).length > 0,
  };
}

/** The path with its trailing slash added, or removed. */
export function otherSlash(pathname: string): string {
  return pathname.endsWith("/") ? pathname.slice(0, -1) : `${pathname}/`;
}

/** Returns the leaf of a template, and creates the nodes on the way. */
function leafOf<T>(root: Node<T>, segments: readonly Segment[]): Leaf<T> {
  let node = root;
  for (const segment of segments) {
    switch (segment.kind) {
      case "tail":
        node.tail ??= new Map();
        return node.tail;
      case "parameter":
        node.parameter ??= { literals: new Map() };
        node = node.parameter;
        break;
      case "literal": {
        const next = node.literals.get(segment.text) ?? { literals: new Map() };
        node.literals.set(segment.text, next);
        node = next;
      }
    }
  }
  node.leaf ??= new Map();
  return node.leaf;
}

interface Position {
  pathname: string;
  /** Index of the first character of the segment that the node decides about. */
  start: number;
  values: readonly string[];
}

/** Adds the leaves of all templates that fit, the most literal first. */
function collect<T>(node: Node<T>, { pathname, start, values }: Position, fitting: Candidate<T>[]): void {
  const end = pathname.indexOf("/", start);
  const segment = decode(pathname.slice(start, end < 0 ? undefined : end));
  const enter = (next: Node<T>, taken: readonly string[]) => {
    if (end >= 0) collect(next, { pathname, start: end + 1, values: taken }, fitting);
    else if (next.leaf !== undefined) fitting.push({ leaf: next.leaf, values: taken });
  };
  const literal = node.literals.get(segment);
  if (literal !== undefined) enter(literal, values);
  if (node.parameter !== undefined && segment !== "") enter(node.parameter, [...values, segment]);
  if (node.tail !== undefined)
    fitting.push({ leaf: node.tail, values: [...values, decode(pathname.slice(start))] });
}

function toParams(names: readonly string[], values: readonly string[]): Record<string, string> {
  const params: Record<string, string> = {};
  for (const [index, name] of names.entries()) params[name] = values[index] ?? "";
  return params;
}

function methodsOf<T>(candidates: readonly Candidate<T>[]): string[] {
  return [...new Set(candidates.flatMap(({ leaf }) => [...leaf.keys()]))].sort();
}

/** Decodes percent-encoding. Text that is not valid encoding stands for itself. */
function decode(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
