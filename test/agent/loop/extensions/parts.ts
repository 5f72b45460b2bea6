import { defineTool } from "agent-server";
import { z } from "zod";

/** Gives its input back. */
export const echo = defineTool({
  name: "echo",
  description: "Gives its input back.",
  input: z.object({ text: z.string() }),
  resources: () => [],
  run: ({ text }) => text,
});

/** An answer that never comes; `begun` resolves when something waits for it. */
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
