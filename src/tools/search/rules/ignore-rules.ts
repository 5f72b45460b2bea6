import { joinPath, parentOf } from "../../../workspace/paths.ts";
import type { WorkspaceFiles } from "../../../workspace/workspace-files.ts";
import { readGlobalIgnore } from "./global-ignore.ts";
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

/** The patterns of the user for all repositories, which start where a search does. */
interface Everywhere {
  folder: string;
  patterns: PathPatterns | undefined;
}

interface Sources {
  files: WorkspaceFiles;
  everywhere: Everywhere;
}

/** The rules for what is in a folder: those of its files of patterns and of the folders above it, last of the user. */
export class IgnoreRules {
  readonly #folder: string;
  readonly #above: IgnoreRules | null;
  readonly #patterns: ReadonlyMap<Kind, PathPatterns>;
  readonly #hasRepository: boolean;
  readonly #isInRepository: boolean;
  readonly #everywhere: Everywhere;

  private constructor(
    folder: string,
    above: IgnoreRules | null,
    own: { patterns: ReadonlyMap<Kind, PathPatterns>; hasRepository: boolean; everywhere: Everywhere },
  ) {
    this.#folder = folder;
    this.#above = above;
    this.#patterns = own.patterns;
    this.#hasRepository = own.hasRepository;
    this.#everywhere = own.everywhere;
    this.#isInRepository = own.hasRepository || (above === null ? false : above.#isInRepository);
  }

  /**
   * Reads the rules of a folder that is searched, and of those above it. `home`: that of the user of the machine. What
   * cannot be read has none.
   */
  static async of(folder: string, files: WorkspaceFiles, home: string): Promise<IgnoreRules> {
    const everywhere = { folder, patterns: await readGlobalIgnore(home, files) };
    return IgnoreRules.#at(folder, { files, everywhere });
  }

  static async #at(folder: string, sources: Sources): Promise<IgnoreRules> {
    const parent = parentOf(folder);
    const above = parent === folder ? null : await IgnoreRules.#at(parent, sources);
    const hasRepository = await exists(sources.files, joinPath(folder, ".git"));
    return IgnoreRules.#read(folder, above, { ...sources, hasRepository });
  }

  /** The rules of a folder in this one. Files of patterns that are not among its names are not looked for. */
  async below(folder: string, names: ReadonlySet<string>, files: WorkspaceFiles): Promise<IgnoreRules> {
    const hasRepository = names.has(".git");
    if (!hasRepository && !KINDS.some((kind) => names.has(kind))) return this;
    return IgnoreRules.#read(folder, this, { files, hasRepository, everywhere: this.#everywhere });
  }

  /** Whether a path below the folder is left out or, although another rule says so, kept; undefined without a rule. */
  verdict(path: string, isFolder: boolean): "ignored" | "kept" | undefined {
    for (const kind of KINDS) {
      if (OF_GIT.has(kind) && !this.#isInRepository) continue;
      const sense = this.#last(kind, path, isFolder);
      if (sense !== undefined) return verdictOf(sense);
    }
    const { folder, patterns } = this.#everywhere;
    return this.#isInRepository ? verdictOf(patterns?.last(partsBelow(folder, path), isFolder)) : undefined;
  }

  /** The rule nearest to the path. Those of git end at the top of a repository. */
  #last(kind: Kind, path: string, isFolder: boolean): "plain" | "negated" | undefined {
    const own = this.#patterns.get(kind)?.last(partsBelow(this.#folder, path), isFolder);
    const isTop = this.#hasRepository && OF_GIT.has(kind);
    const above = isTop ? null : this.#above;
    return own ?? (above === null ? undefined : above.#last(kind, path, isFolder));
  }

  static async #read(
    folder: string,
    above: IgnoreRules | null,
    { files, everywhere, hasRepository }: Sources & { hasRepository: boolean },
  ): Promise<IgnoreRules> {
    const read = KINDS.map(async (kind) => [kind, await patternsAt(files, joinPath(folder, kind))] as const);
    const patterns = new Map<Kind, PathPatterns>();
    for (const [kind, found] of await Promise.all(read)) if (found !== undefined) patterns.set(kind, found);
    return new IgnoreRules(folder, above, { patterns, hasRepository, everywhere });
  }
}

function partsBelow(folder: string, path: string): string[] {
  return path.slice(folder === "/" ? 1 : folder.length + 1).split("/");
}

function verdictOf(sense: "plain" | "negated" | undefined): "ignored" | "kept" | undefined {
  if (sense === undefined) return undefined;
  return sense === "plain" ? "ignored" : "kept";
}

async function exists(files: WorkspaceFiles, path: string): Promise<boolean> {
  return (await files.stat(path).catch(() => null)) !== null;
}

async function patternsAt(files: WorkspaceFiles, path: string): Promise<PathPatterns | undefined> {
  const bytes = await files.read(path, { length: MAX_BYTES }).catch(() => undefined);
  if (bytes === undefined) return undefined;
  return readIgnoreFile(new TextDecoder().decode(bytes));
}
