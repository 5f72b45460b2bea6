/** Sends a signal to a process, or to a group by its negative number. False when it is gone or not ours. */
export function sendSignal(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(target, signal);
  } catch {
    return false;
  }
}
