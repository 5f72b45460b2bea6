/**
 * Milliseconds of processor time that this process spends on `work`, the test's own servers included. Unlike the time of
 * a clock it stays the same while other programs keep the machine busy.
 */
export async function cpuTime(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
