/** Tells whether a JSON object or list that arrives in pieces is complete. Reads each character once. */
export class JsonProgress {
  #depth = 0;
  #hasStarted = false;
  #isInString = false;
  #isEscaped = false;

  /** True once the outermost object or list is closed. */
  get isComplete(): boolean {
    return this.#hasStarted && this.#depth <= 0;
  }

  add(piece: string): void {
    for (let index = 0; index < piece.length; index += 1) {
      if (this.#isInString) this.#readString(piece[index]);
      else this.#readStructure(piece[index]);
    }
  }

  #readString(character: string | undefined): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (character === "\\") this.#isEscaped = true;
    else if (character === '"') this.#isInString = false;
  }

  #readStructure(character: string | undefined): void {
    switch (character) {
      case '"':
        this.#isInString = true;
        return;
      case "{":
      case "[":
        this.#hasStarted = true;
        this.#depth += 1;
        return;
      case "}":
      case "]":
        this.#depth -= 1;
    }
  }
}
