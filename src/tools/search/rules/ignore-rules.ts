import { joinPath, parentOf } from "../../../workspace/paths.ts";
import type { WorkspaceFiles } from "../../../workspace/workspace-files.ts";
import { readIgnoreFile } from "./ignore-file.ts";
import type { PathPatterns } from "./path-patterns.ts";

/**
 * Files of patterns by how much they count, the most first, as ripgrep has them. The last two count in a git repository
 * alone.
 */
const KINDS = [".rgignore", ".ignore", ".gitignore", ".git/info/exclude"] as const;
type Kind = (typeof KINDS)[number];

const OF_GIT: ReadonlySet<Kind> = new Set([".gitignore", ".git/info/exclude"]);

/** Bytes of a file of patterns that are read. */
const MAX_BYTES = 256 * 1024;

/** The rules for what is in a folder: those of its files of patterns and of the folders above it. */
export class IgnoreRules {
  readonly #folder: string;
  readonly #above: IgnoreRules | null;
  readonly #patterns: ReadonlyMap<Kind, PathPatterns>;
  readonly #hasRepository: boolean;
  readonly #isInRepository: boolean;

  private constructor(
    folder: string,
    above: IgnoreRules | null,
    own: { patterns: ReadonlyMap<Kind, PathPatterns>; hasRepository: boolean },
  ) {
    this.#folder = folder;
    this.#above = above;
    this.#patterns = own.patterns;
    this.#hasRepository = own.hasRepository;
    this.#isInRepository = own.hasRepository || (above === null ? false : above.#isInRepository);
  }

  /** Reads the rules of a folder and of those above it. What cannot be read has none. */
  static async of(folder: string, files: WorkspaceFiles): Promise<IgnoreRules> {
    const parent = parentOf(folder);
    const above = parent === folder ? null : await IgnoreRules.of(parent, files);
    return IgnoreRules.#read(folder, above, {
      files,
      hasRepository: await exists(files, joinPath(folder, ".git")),
    });
  }

  /** The rules of a folder in this one. Files of patterns that are not among its names are not looked for. */
  async below(folder: string, names: ReadonlySet<string>, files: WorkspaceFiles): Promise<IgnoreRules> {
    const hasRepository = names.has(".git");
    if (!hasRepository && !KINDS.some((kind) => names.has(kind))) return this;
    return IgnoreRules.#read(folder, this, { files, hasRepository });
  }

  /** Whether a path below the folder is left out or, although another rule says so, kept; undefined without a rule. */
  verdict(path: string, isFolder: boolean): "ignored" | "kept" | undefined {
    for (const kind of KINDS) {
      if (OF_GIT.has(kind) && !this.#isInRepository) continue;
      const sense = this.#last(kind, path, isFolder);
      if (sense !== undefined) return sense === "plain" ? "ignored" : "kept";
    }
    return undefined;
  }

  /** The rule nearest to the path. Those of git end at the top of a repository. */
  #last(kind: Kind, path: string, isFolder: boolean): "plain" | "negated" | undefined {
    const start = this.#folder === "/" ? 1 : this.#folder.length + 1;
    const own = this.#patterns.get(kind)?.last(path.slice(start).split("/"), isFolder);
    const isTop = this.#hasRepository && OF_GIT.has(kind);
    const above = isTop ? null : this.#above;
    return own ?? (above === null ? undefined : above.#last(kind, path, isFolder));
  }

  static async #read(
    folder: string,
    above: IgnoreRules | null,
    { files, hasRepository }: { files: WorkspaceFiles; hasRepository: boolean },
  ): Promise<IgnoreRules> {
    const read = KINDS.map(async (kind) => [kind, await patternsAt(files, joinPath(folder, kind))] as const);
    const patterns = new Map<Kind, PathPatterns>();
    for (const [kind, found] of await Promise.all(read)) if (found !== undefined) patterns.set(kind, found);
    return new IgnoreRules(folder, above, { patterns, hasRepository });
  }
}

async function exists(files: WorkspaceFiles, path: string): Promise<boolean> {
  return (await files.stat(path).catch(() => null)) !== null;
}

async function patternsAt(files: WorkspaceFiles, path: string): Promise<PathPatterns | undefined> {
  const bytes = await files.read(path, { length: MAX_BYTES }).catch(() => undefined);
  if (bytes === undefined) return undefined;
  return readIgnoreFile(new TextDecoder().decode(bytes));
}
