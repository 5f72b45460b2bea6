/** One part of a path template, between two slashes. */
export type Segment =
  | { kind: "literal"; text: string }
  /** One part of the path that is not empty: `{conversation_id}`. */
  | { kind: "parameter"; name: string }
  /** The rest of the path, slashes included, possibly empty: `{file_path:path}`. */
  | { kind: "tail"; name: string };

const PARAMETER = /^\{([^{}:]+)\}$/;
const TAIL = /^\{([^{}:]+):path\}$/;

/** Parses a template such as `/api/notes/{note_id}/{file_path:path}`. Throws where a router could not match it. */
export function parseTemplate(path: string): Segment[] {
  if (!path.startsWith("/")) throw new TypeError(`Path '${path}': must start with a slash`);
  const segments = path.slice(1).split("/").map(toSegment);
  const tail = segments.findIndex(({ kind }) => kind === "tail");
  if (tail >= 0 && tail < segments.length - 1) {
    throw new TypeError(`Path '${path}': a ':path' parameter must be the last part`);
  }
  return segments;

  function toSegment(text: string): Segment {
    const name = PARAMETER.exec(text)?.[1];
    if (name !== undefined) return { kind: "parameter", name };
    const tailName = TAIL.exec(text)?.[1];
    if (tailName !== undefined) return { kind: "tail", name: tailName };
    if (!/[{}]/.test(text)) return { kind: "literal", text };
    throw new TypeError(`Path '${path}': '${text}' must be a literal, '{name}' or '{name:path}'`);
  }
}

/** Names of the parameters, in their order. */
export function parameterNames(segments: readonly Segment[]): string[] {
  return segments.flatMap((segment) => (segment.kind === "literal" ? [] : [segment.name]));
}

/** The template as OpenAPI writes it, which has one form for all parameters. */
export function toOpenApiPath(path: string): string {
  return path.replaceAll(":path}", "}");
}
