/** A task and the resources it needs. */
export interface ScheduledTask<T> {
  /** Names of the resources that the task touches. Tasks that share one run one after the other, in their order. */
  resources: readonly string[];
  run(): Promise<T>;
}

/**
 * Starts tasks in order, each as soon as a slot and all its resources are free; at most `limit` at once. Returns one
 * promise for each task, in their order. A task that rejects rejects its promise and holds up no other.
 */
export function schedule<T>(tasks: readonly ScheduledTask<T>[], limit: number): Promise<T>[] {
  const deferred = tasks.map(() => Promise.withResolvers<T>());
  const held = new Set<string>();
  let waiting = tasks.map((_task, index) => index);
  let running = 0;

  function start(index: number, task: ScheduledTask<T>): void {
    running += 1;
    for (const resource of task.resources) held.add(resource);
    const end = () => {
      running -= 1;
      for (const resource of task.resources) held.delete(resource);
      startReady();
    };
    const done = (async () => task.run())();
    deferred[index]?.resolve(done);
    done.then(end, end);
  }

  function startReady(): void {
    // A resource that an earlier task waits for counts as taken, so that later tasks do not overtake that task.
    const wanted = new Set<string>();
    const ready: number[] = [];
    for (const index of waiting) {
      const resources = tasks[index]?.resources ?? [];
      const isFree = resources.every((resource) => !held.has(resource) && !wanted.has(resource));
      for (const resource of resources) wanted.add(resource);
      if (isFree && running + ready.length < limit) ready.push(index);
    }
    waiting = waiting.filter((index) => !ready.includes(index));
    for (const index of ready) {
      const task = tasks[index];
      if (task !== undefined) start(index, task);
    }
  }

  startReady();
  return deferred.map(({ promise }) => promise);
}
