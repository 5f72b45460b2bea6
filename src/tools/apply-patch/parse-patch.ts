import { FileRefusal } from "../text-files/file-refusal.ts";

/** Lines that change together within a change. */
export interface Chunk {
  /** Index of its first line among the lines that the change shows of the file. */
  at: number;
  deleted: readonly string[];
  inserted: readonly string[];
}

/** A change to a file: what it shows of it, and what it does there. */
export interface Hunk {
  /** Lines above the change, outermost first. */
  anchors: readonly string[];
  /** Lines of the file, those that go included. */
  context: readonly string[];
  chunks: readonly Chunk[];
  isAtEnd: boolean;
}

/** A section of a patch. */
export type PatchSection =
  | { type: "add"; path: string; lines: readonly string[] }
  | { type: "delete"; path: string }
  | { type: "update"; path: string; moveTo: string; hunks: readonly Hunk[] };

const BEGIN = "*** Begin Patch";
const END = "*** End Patch";
const END_OF_FILE = "*** End of File";
const UPDATE = "*** Update File: ";
const DELETE = "*** Delete File: ";
const ADD = "*** Add File: ";
const MOVE = "*** Move to: ";
const SECTIONS = [END, "*** Update File:", "*** Delete File:", "*** Add File:"];

/** Files of one patch. */
const MAX_SECTIONS = 1_000;
/** Characters of a line that a refusal repeats. */
const MAX_ECHO = 200;

/**
 * Reads a patch.
 *
 * @throws FileRefusal naming the line that does not fit.
 */
export function parsePatch(patch: string): PatchSection[] {
  return new PatchReader(patch).sections();
}

class PatchReader {
  readonly #lines: readonly string[];
  #at = 1;

  constructor(patch: string) {
    this.#lines = patch.replaceAll("\r\n", "\n").trim().split("\n");
    if (!this.#lines[0]?.startsWith(BEGIN))
      throw new FileRefusal(`Invalid patch: must start with '${BEGIN}'`);
    if (this.#lines.length < 2 || this.#lines.at(-1) !== END)
      throw new FileRefusal(`Invalid patch: must end with '${END}'`);
  }

  sections(): PatchSection[] {
    const sections: PatchSection[] = [];
    const paths = new Set<string>();
    while (!this.#isAt([END])) {
      const section = this.#section();
      if (paths.has(section.path)) throw this.#refusal(`has a second section for ${section.path}`);
      if (sections.length >= MAX_SECTIONS)
        throw this.#refusal(`is of file ${MAX_SECTIONS + 1}: that is too many`);
      paths.add(section.path);
      sections.push(section);
    }
    if (this.#at < this.#lines.length - 1) throw this.#refusal("ends the patch, but more lines follow");
    return sections;
  }

  #section(): PatchSection {
    const updated = this.#take(UPDATE);
    if (updated)
      return { type: "update", path: updated, moveTo: this.#take(MOVE) ?? "", hunks: this.#hunks() };
    const deleted = this.#take(DELETE);
    if (deleted) return { type: "delete", path: deleted };
    const added = this.#take(ADD);
    if (added) return { type: "add", path: added, lines: this.#addedLines() };
    throw this.#refusal("is none that begins a section");
  }

  #addedLines(): string[] {
    const lines: string[] = [];
    while (!this.#isAt(SECTIONS)) {
      const line = this.#take("+");
      if (line === undefined) throw this.#refusal("of a new file must begin with '+'");
      lines.push(line);
    }
    return lines;
  }

  #hunks(): Hunk[] {
    const hunks: Hunk[] = [];
    while (!this.#isAt(SECTIONS)) {
      const anchors = this.#anchors();
      if (anchors === undefined && hunks.length > 0) throw this.#refusal("must be '@@' or begin a section");
      hunks.push({ anchors: anchors?.filter((anchor) => anchor.trim() !== "") ?? [], ...this.#change() });
    }
    return hunks;
  }

  /** undefined where none is. */
  #anchors(): string[] | undefined {
    const anchors: string[] = [];
    while (this.#isAt(["@@ "]) || this.#lines[this.#at] === "@@") {
      anchors.push(this.#take("@@ ") ?? this.#take("@@") ?? "");
    }
    return anchors.length === 0 ? undefined : anchors;
  }

  #change(): Omit<Hunk, "anchors"> {
    const start = this.#at;
    const change = new ChangeBuilder();
    for (; !this.#isAt([...SECTIONS, END_OF_FILE, "@@"]); this.#at += 1) {
      if (!change.add(this.#lines[this.#at] ?? "")) throw this.#refusal("must begin with ' ', '+' or '-'");
    }
    const isAtEnd = this.#lines[this.#at] === END_OF_FILE;
    if (isAtEnd) this.#at += 1;
    else if (this.#at === start) throw this.#refusal("comes where lines of a change should be");
    return { ...change.end(), isAtEnd };
  }

  #isAt(prefixes: readonly string[]): boolean {
    const line = this.#lines[this.#at];
    return line === undefined || prefixes.some((prefix) => line.startsWith(prefix));
  }

  /** The rest of a line that begins with the prefix; undefined for another. */
  #take(prefix: string): string | undefined {
    const line = this.#lines[this.#at];
    if (!line?.startsWith(prefix)) return undefined;
    this.#at += 1;
    return line.slice(prefix.length);
  }

  #refusal(fault: string): FileRefusal {
    const line = this.#lines[this.#at] ?? "";
    const shown = line.length > MAX_ECHO ? `${line.slice(0, MAX_ECHO)}…` : line;
    return new FileRefusal(`Invalid patch: line ${this.#at + 1} ${fault}:\n${shown}`);
  }
}

/** Collects the lines of a change. */
class ChangeBuilder {
  readonly #context: string[] = [];
  readonly #chunks: Chunk[] = [];
  #deleted: string[] = [];
  #inserted: string[] = [];

  /** False for a line that is none of a change. An empty one stands for an empty line that stays. */
  add(line: string): boolean {
    if (line.startsWith("***")) return false;
    const text = line.slice(1);
    switch (line[0] ?? " ") {
      case "+":
        this.#inserted.push(text);
        return true;
      case "-":
        this.#deleted.push(text);
        this.#context.push(text);
        return true;
      case " ":
        this.#flush();
        this.#context.push(text);
        return true;
      default:
        return false;
    }
  }

  end(): Pick<Hunk, "context" | "chunks"> {
    this.#flush();
    return { context: this.#context, chunks: this.#chunks };
  }

  #flush(): void {
    if (this.#deleted.length === 0 && this.#inserted.length === 0) return;
    const at = this.#context.length - this.#deleted.length;
    this.#chunks.push({ at, deleted: this.#deleted, inserted: this.#inserted });
    this.#deleted = [];
    this.#inserted = [];
  }
}
