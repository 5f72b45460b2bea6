import { oldestChild } from "../process-table.ts";

/** The process of a shell, which may be a descendant of the one that the terminal was started with. */
export class ShellProcess {
  readonly #first: number;
  readonly #layers: number;
  #pid: number | undefined;

  constructor(first: number, layers: number) {
    this.#first = first;
    this.#layers = layers;
  }

  /** Process id of the shell. Before the shell has started, that of the process it will descend from. */
  get pid(): number {
    this.#pid ??= this.#find();
    return this.#pid ?? this.#first;
  }

  #find(): number | undefined {
    let pid = this.#first;
    for (let layer = 0; layer < this.#layers; layer++) {
      const child = oldestChild(pid);
      if (child === null) return undefined;
      pid = child;
    }
    return pid;
  }
}
