/** One part of a pattern. `folders` is `**` before a slash: any number of whole folders. */
type Part = { kind: "text"; char: string } | { kind: "one" | "some" | "any" | "folders" | "folder" };

const TOKEN = /\*\*\/|\*\*|\*|\?|[^*?]/gsu;

/** Characters of a pattern. Those of projects are short; longer ones match nothing. */
const MAX_PATTERN = 1_024;
const MAX_PATH = 4_096;

/**
 * Whether a path with slashes matches a pattern as in `.gitignore`: `**` is any number of folders, `*` and `?` stay
 * within one, and a pattern without a slash is one of names, in any folder. Case counts. The time grows with the length
 * of both and no faster, whatever the pattern: it may come from a project.
 */
export function matchesGlob(path: string, pattern: string): boolean {
  if (pattern === "" || pattern.length > MAX_PATTERN || path.length > MAX_PATH) return false;
  const parts = partsOf(pattern.includes("/") ? pattern : `**/${pattern}`);
  let reached = closed(parts, new Set([0]));
  for (const char of path) {
    reached = closed(parts, after(parts, reached, char));
    if (reached.size === 0) return false;
  }
  return reached.has(parts.length);
}

function partsOf(pattern: string): Part[] {
  return (pattern.match(TOKEN) ?? []).flatMap((token): Part[] => {
    switch (token) {
      case "**/":
        return [{ kind: "folders" }, { kind: "folder" }];
      case "**":
        return [{ kind: "any" }];
      case "*":
        return [{ kind: "some" }];
      case "?":
        return [{ kind: "one" }];
      default:
        return [{ kind: "text", char: token }];
    }
  });
}

/** The places in the pattern after one more character. */
function after(parts: readonly Part[], reached: ReadonlySet<number>, char: string): Set<number> {
  const next = new Set<number>();
  for (const place of reached) {
    const part = parts[place];
    switch (part?.kind) {
      case "text":
        if (part.char === char) next.add(place + 1);
        break;
      case "one":
        if (char !== "/") next.add(place + 1);
        break;
      case "some":
        if (char !== "/") next.add(place);
        break;
      case "any":
        next.add(place);
        break;
      case "folder":
        next.add(place);
        if (char === "/") next.add(place + 1);
        break;
      case "folders":
      case undefined:
        break;
    }
  }
  return next;
}

/** The places with those that are reached without a character. */
function closed(parts: readonly Part[], reached: Set<number>): Set<number> {
  for (const place of reached) {
    const kind = parts[place]?.kind;
    if (kind === "some" || kind === "any") reached.add(place + 1);
    if (kind === "folders") reached.add(place + 1).add(place + 2);
  }
  return reached;
}
