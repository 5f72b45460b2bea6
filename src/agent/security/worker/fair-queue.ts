export interface FairQueueBounds {
  /** Maximum number of jobs that wait in one lane. */
  lane: number;
  /** Maximum number of jobs that wait in all lanes. */
  total: number;
}

/** Jobs in lanes. Lanes take turns, so that a long one delays a job of another lane by one job at most. */
export class FairQueue<T> {
  /** Lanes with jobs; the next turn is the first one's. */
  readonly #lanes = new Map<string, T[]>();
  readonly #bounds: FairQueueBounds;
  #length = 0;

  constructor(bounds: FairQueueBounds) {
    this.#bounds = bounds;
  }

  /** Adds a job at the end of a lane. False when there is no place for it. */
  add(lane: string, job: T): boolean {
    const jobs = this.#lanes.get(lane) ?? [];
    if (jobs.length >= this.#bounds.lane || this.#length >= this.#bounds.total) return false;
    jobs.push(job);
    this.#lanes.set(lane, jobs);
    this.#length += 1;
    return true;
  }

  /** Takes the job whose turn it is. Undefined when none waits. */
  take(): T | undefined {
    const [first] = this.#lanes;
    if (first === undefined) return undefined;
    const [lane, jobs] = first;
    this.#lanes.delete(lane);
    const job = jobs.shift();
    if (jobs.length > 0) this.#lanes.set(lane, jobs);
    this.#length -= 1;
    return job;
  }
}
