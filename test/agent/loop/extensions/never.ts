/** An answer that never comes. `begun` resolves when something waits for it. */
export function never(): { begun: Promise<void>; promise: () => Promise<undefined> } {
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  return {
    begun,
    promise: () => {
      resolve();
      return new Promise(() => {});
    },
  };
}
