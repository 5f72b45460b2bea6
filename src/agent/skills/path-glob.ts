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
  if (!hasSameEnds(path, pattern)) return false;
  const parts = partsOf(pattern.includes("/") ? pattern : `**/${pattern}`);
  let reached: Places = new Uint8Array(parts.length + 1);
  reached[0] = 1;
  skipEmpty(parts, reached);
  for (const char of path) {
    reached = after(parts, reached, char);
    skipEmpty(parts, reached);
  }
  return reached[parts.length] === 1;
}

/** Compares what a pattern has before its first wildcard and after its last one, which decides on most paths. */
function hasSameEnds(path: string, pattern: string): boolean {
  const first = pattern.search(/[*?]/);
  if (first < 0) return pattern.includes("/") ? path === pattern : path.endsWith(pattern);
  const last = Math.max(pattern.lastIndexOf("*"), pattern.lastIndexOf("?"));
  // The slash of `**/` may stand for nothing.
  const end = pattern.slice(last + 1).replace(/^\//, "");
  return path.endsWith(end) && (!pattern.includes("/") || path.startsWith(pattern.slice(0, first)));
}

/** 1 at each place between the parts of a pattern that the path so far may have led to. */
type Places = Uint8Array;

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

/** The places after one more character. */
function after(parts: readonly Part[], reached: Places, char: string): Places {
  const next: Places = new Uint8Array(reached.length);
  for (const [place, part] of parts.entries()) {
    if (reached[place] === 0) continue;
    if (goesOn(part, char)) next[place + 1] = 1;
    if (stays(part, char)) next[place] = 1;
  }
  return next;
}

/** Whether a character is the last one of a part. */
function goesOn(part: Part, char: string): boolean {
  switch (part.kind) {
    case "text":
      return part.char === char;
    case "one":
      return char !== "/";
    case "folder":
      return char === "/";
    default:
      return false;
  }
}

/** Whether a part goes on after a character. */
function stays({ kind }: Part, char: string): boolean {
  return kind === "any" || kind === "folder" || (kind === "some" && char !== "/");
}

/** Adds the places that are reached without a character. */
function skipEmpty(parts: readonly Part[], reached: Places): void {
  for (const [place, { kind }] of parts.entries()) {
    if (reached[place] === 0) continue;
    if (kind === "some" || kind === "any" || kind === "folders") reached[place + 1] = 1;
    if (kind === "folders") reached[place + 2] = 1;
  }
}
