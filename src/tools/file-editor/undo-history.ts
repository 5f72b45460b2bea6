const MAX_EDITS_PER_FILE = 10;
const MAX_BYTES = 32 * 1024 * 1024;

interface Edit {
  path: string;
  /** The file before the edit; null when there was none. */
  before: Uint8Array | null;
}

/** What files were before the last edits, newest last: ten for each file and a bound on all together. */
export class UndoHistory {
  #edits: Edit[] = [];

  push(path: string, before: Uint8Array | null): void {
    this.#edits.push({ path, before });
    const ofFile = this.#edits.filter((edit) => edit.path === path);
    if (ofFile.length > MAX_EDITS_PER_FILE) this.#drop(ofFile[0]);
    let bytes = this.#edits.reduce((sum, edit) => sum + weight(edit), 0);
    while (bytes > MAX_BYTES && this.#edits.length > 1) {
      const oldest = this.#edits.shift();
      bytes -= oldest === undefined ? 0 : weight(oldest);
    }
  }

  /** The last edit of the file, which stays until `drop`, so that a failed undo can be tried again. */
  last(path: string): Edit | undefined {
    return this.#edits.findLast((edit) => edit.path === path);
  }

  drop(edit: Edit): void {
    this.#drop(edit);
  }

  #drop(edit: Edit | undefined): void {
    this.#edits = this.#edits.filter((entry) => entry !== edit);
  }
}

/** Bytes an edit keeps in memory, with a share for the entry itself. */
function weight(edit: Edit): number {
  return (edit.before?.length ?? 0) + edit.path.length + 128;
}
