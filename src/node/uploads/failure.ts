/** The first failure of something that happens in several places at once. */
export class Failure {
  #error: { reason: unknown } | undefined;
  #wake: ((reason: unknown) => void) | undefined;

  /** Only the first call counts. */
  set(reason: unknown): void {
    if (this.#error !== undefined) return;
    this.#error = { reason };
    this.#wake?.(reason);
  }

  /** Waits for `work`, but rejects with the failure as soon as there is one. One wait at a time. */
  async orResult<T>(work: Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#wake = reject;
    work.then(resolve, reject);
    if (this.#error !== undefined) reject(this.#error.reason);
    return promise;
  }
}
