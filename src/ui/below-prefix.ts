/** A text of Agent Canvas that names paths of its site. */
type Kind = "html" | "script" | "style" | "manifest";

const KINDS: readonly (readonly [RegExp, Kind])[] = [
  [/\.html$/, "html"],
  [/\.js$/, "script"],
  [/\.css$/, "style"],
  [/\.webmanifest$/, "manifest"],
];

/** Returns the kind of a file whose paths can be moved. Undefined for files without any. */
export function kindOf(path: string): Kind | undefined {
  return KINDS.find(([pattern]) => pattern.test(path))?.[1];
}

/**
 * Moves the paths in a file below a prefix such as `/agents`. The app is built for the root of a site and has no
 * setting for another place: file names stand in its manifest, and one helper puts the root in front of the names it
 * preloads.
 */
export function moveBelow(prefix: string, text: string, kind: Kind): string {
  switch (kind) {
    case "html":
      return moveBelow(
        prefix,
        text
          .replaceAll(/ (href|src)="\/(?!\/|assets\/)/g, ` $1="${prefix}/`)
          .replace('"basename":"/"', `"basename":"${prefix}"`),
        "script",
      );
    case "script":
      return text
        .replaceAll(/(["'`])\/assets\//g, `$1${prefix}/assets/`)
        .replaceAll(/(function\((\w+)\)\{return)\s*(["'`])\/\3\+\2\}/g, `$1"${prefix}/"+$2}`);
    case "style":
      return text.replaceAll(/url\((["']?)\/(?!\/)/g, `url($1${prefix}/`);
    case "manifest":
      return text.replaceAll(/"\/(?!\/)/g, `"${prefix}/`);
  }
}
