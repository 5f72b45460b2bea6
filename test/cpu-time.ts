/**
 * Measures the processor time of this process during `work`, in milliseconds, with the servers of the test. Other load on
 * the machine does not change it, as it changes the time of a clock.
 */
export async function cpuTime(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
