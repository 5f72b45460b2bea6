const MAX_EDITS_PER_FILE = 10;
const MAX_BYTES = 32 * 1024 * 1024;

interface Edit {
  path: string;
  /** Content before the edit. null when there was no file. */
  before: Uint8Array | null;
}

/** Contents of files before their last edits: ten for each file, and a limit on the bytes of all. */
export class UndoHistory {
  #edits: Edit[] = [];

  push(path: string, before: Uint8Array | null): void {
    this.#edits.push({ path, before });
    const ofFile = this.#edits.filter((edit) => edit.path === path);
    const [first] = ofFile;
    if (first !== undefined && ofFile.length > MAX_EDITS_PER_FILE) this.drop(first);
    let bytes = this.#edits.reduce((sum, edit) => sum + weight(edit), 0);
    while (bytes > MAX_BYTES && this.#edits.length > 1) {
      const oldest = this.#edits.shift();
      bytes -= oldest === undefined ? 0 : weight(oldest);
    }
  }

  /** The last edit of a file. It stays until `drop`, so that a failed undo can be tried again. */
  last(path: string): Edit | undefined {
    return this.#edits.findLast((edit) => edit.path === path);
  }

  drop(edit: Edit): void {
    this.#edits = this.#edits.filter((entry) => entry !== edit);
  }
}

/** Bytes of an edit in memory, with an allowance for the entry. */
function weight(edit: Edit): number {
  return (edit.before?.length ?? 0) + edit.path.length + 128;
}
